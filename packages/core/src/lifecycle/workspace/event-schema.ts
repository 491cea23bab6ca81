import type { LifecycleEvent } from './call.js';

const bytes = { type: 'integer', minimum: 0 } as const;
const text = { type: 'string' } as const;
const descriptor = {
  type: 'object',
  description: 'OCI image spec 1.1, descriptor.md.',
  required: ['mediaType', 'digest', 'size'],
  properties: { mediaType: text, digest: text, size: bytes },
} as const;

const blobEvent = (description: string) => ({
  description,
  required: ['type', 'descriptor'],
  properties: { descriptor },
});

const events = {
  start: {
    description: 'An image begins to move: bytes and blobs in all, what may be skipped among them.',
    required: ['type', 'bytes', 'nodes'],
    properties: { reference: text, bytes, nodes: { type: 'integer', minimum: 0 } },
  },
  progress: {
    description: 'So many bytes more of a blob have moved.',
    required: ['type', 'descriptor', 'bytes'],
    properties: { descriptor, bytes },
  },
  fetching: {
    description: 'So many bytes come from a registry first.',
    required: ['type', 'bytes'],
    properties: { bytes },
  },
  fetched: {
    description: 'So many bytes more have come from a registry.',
    required: ['type', 'bytes'],
    properties: { bytes },
  },
  skipped: blobEvent('A blob was there already.'),
  done: blobEvent('A blob is where it should be.'),
  engine: {
    description: 'A line of an engine, as it wrote it.',
    required: ['type', 'text'],
    properties: { text },
  },
  step: {
    description: 'Something begins.',
    required: ['type', 'subject', 'text'],
    properties: { subject: { ...text, description: 'What it is about: an image.' }, text },
  },
  notice: {
    description: 'Something that somebody should know.',
    required: ['type', 'text'],
    properties: { text },
  },
} satisfies Record<LifecycleEvent['type'], object>;

/** JSON schema of one line of `--progress json`. */
export const eventSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A line of --progress json',
  type: 'object',
  required: ['type'],
  oneOf: Object.entries(events).map(([type, { properties, ...event }]) => ({
    type: 'object',
    ...event,
    properties: { type: { const: type }, ...properties },
  })),
} as const;
