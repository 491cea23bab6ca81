import type { Facts } from '../definition/definition.js';
import { schemaOf } from '../definition/read-yaml.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { parseJsonObject } from '../oci/json.js';
import { isReference } from '../oci/reference.js';
import type { Platform } from '../oci/platform.js';

/** Largest record in bytes; it lists layers and packages. */
export const RECORD_LIMIT = 4 * 1024 * 1024;
/** The suffix of the file beside an archive `<name>.tar`. */
export const RECORD_SUFFIX = '.image.json';
export const ARCHIVE_SUFFIX = '.tar';

/**
 * The content of one image: facts only. It holds no clock, host, path or input hash, and nothing about the archive as a
 * file, so all machines that have the same image have the same record.
 */
export interface ImageRecord {
  readonly name: string;
  /** Fully qualified reference of the image. */
  readonly reference: string;
  /** Digest of the image manifest or index. */
  readonly digest: Digest;
  /** Digest of the index that the image was taken out of, because its other platforms were absent or unwanted. */
  readonly index?: Digest;
  readonly configDigest?: Digest;
  readonly diffIds: readonly Digest[];
  readonly platform?: Platform;
  /** Platforms of an index, in place of `platform`. */
  readonly platforms?: readonly Platform[];
  /** Name and digest of the base image of the build. */
  readonly base?: { readonly name: string; readonly digest: Digest };
  readonly facts: Facts;
}

/** Text without control characters, so that it is safe to print on a terminal. */
const text = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\p{Cc}]+$' } as const;
const texts = { type: 'array', maxItems: 20_000, items: text } as const;
const digest = {
  type: 'string',
  maxLength: 135,
  pattern: '^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$',
} as const;
/** A component of a repository name, as the OCI distribution spec defines it; image names have this form. */
const NAME_PATTERN = '^[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*$';

const platform = {
  type: 'object',
  required: ['os', 'architecture'],
  properties: { os: text, architecture: text, variant: text },
} as const;
const schema = schemaOf<ImageRecord>({
  type: 'object',
  required: ['name', 'reference', 'digest', 'diffIds', 'facts'],
  properties: {
    name: { type: 'string', maxLength: 128, pattern: NAME_PATTERN },
    reference: { type: 'string', maxLength: 520 },
    digest,
    index: digest,
    configDigest: digest,
    diffIds: { type: 'array', maxItems: 10_000, items: digest },
    platform,
    platforms: { type: 'array', maxItems: 1000, items: platform },
    base: {
      type: 'object',
      required: ['name', 'digest'],
      properties: { name: { ...text, maxLength: 1024 }, digest },
    },
    facts: {
      type: 'object',
      required: ['compilers', 'packages', 'tools'],
      properties: { compilers: texts, packages: texts, tools: texts },
    },
  },
});

/** Parses a record; `path` is shown in messages. @throws ImageError CORRUPT when the file is damaged */
export function parseRecord(bytes: Uint8Array, path: string): ImageRecord {
  try {
    const value = parseJsonObject(bytes, path);
    if (schema()(value) && isReference(value.reference)) return value;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
  throw new ImageError('CORRUPT', `${path}: not the record of an archive`, {
    location: path,
    hint: 'Save the image again, or delete this file: the archive can be loaded without it.',
  });
}

/** Whether a text is a valid image name in records and in the usage journal. */
export function isImageName(text: string): boolean {
  return text.length <= 128 && NAME.test(text);
}

const NAME = new RegExp(NAME_PATTERN);

/** Formats a record as JSON; equal records give equal bytes. */
export function formatRecord(record: ImageRecord): Uint8Array {
  const { name, reference, digest, index, configDigest, diffIds } = record;
  const { platform, platforms, base, facts } = record;
  const { compilers, packages, tools } = facts;
  const ordered = {
    name,
    reference,
    digest,
    index,
    configDigest,
    diffIds,
    platform,
    platforms,
    base,
    facts: { compilers, packages, tools },
  };
  return Buffer.from(`${JSON.stringify(ordered, null, 2)}\n`);
}
