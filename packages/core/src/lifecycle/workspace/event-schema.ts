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
    description:
      'The copy of an image starts. `bytes` and `nodes` count all its content, with blobs that may be skipped.',
    required: ['type', 'bytes', 'nodes'],
    properties: { reference: text, bytes, nodes: { type: 'integer', minimum: 0 } },
  },
  progress: {
    description: 'More bytes of a blob were copied: `bytes` since the last such event.',
    required: ['type', 'descriptor', 'bytes'],
    properties: { descriptor, bytes },
  },
  fetching: {
    description: 'A download from a registry starts, of `bytes` in total.',
    required: ['type', 'bytes'],
    properties: { bytes },
  },
  fetched: {
    description: 'More bytes were downloaded: `bytes` since the last such event.',
    required: ['type', 'bytes'],
    properties: { bytes },
  },
  skipped: blobEvent('A blob was skipped, because the destination has it.'),
  done: blobEvent('A blob was copied completely.'),
  engine: {
    description: 'A line of output of an engine, unchanged.',
    required: ['type', 'text'],
    properties: { text },
  },
  step: {
    description: 'A step of the command starts.',
    required: ['type', 'subject', 'text'],
    properties: { subject: { ...text, description: 'The image that the step is about.' }, text },
  },
  written: {
    description: 'An archive was written, in `files` parts, of `bytes` together.',
    required: ['type', 'path', 'files', 'bytes'],
    properties: { path: text, files: { type: 'integer', minimum: 1 }, bytes },
  },
  notice: {
    description: 'A message for the user.',
    required: ['type', 'text'],
    properties: { text },
  },
} satisfies Record<LifecycleEvent['type'], object>;

/** JSON schema of one line of `--progress json`. */
export const eventSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A progress event',
  type: 'object',
  required: ['type'],
  oneOf: Object.entries(events).map(([type, { properties, ...event }]) => ({
    type: 'object',
    ...event,
    properties: { type: { const: type }, ...properties },
  })),
} as const;
