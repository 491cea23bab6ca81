import type { Facts } from '../definition/definition.js';
import { schemaOf } from '../definition/read-yaml.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { parseJsonObject } from '../oci/json.js';
import type { Platform } from '../oci/platform.js';

/** The suffix of the file beside an archive `<name>.tar`. */
export const RECORD_SUFFIX = '.image.json';
export const ARCHIVE_SUFFIX = '.tar';

/**
 * The content of one archive: facts only. It holds no clock, host, path or input hash, so an image that was rebuilt to the
 * same bytes has the same record.
 */
export interface ImageRecord {
  readonly name: string;
  /** Fully qualified. */
  readonly reference: string;
  /** Digest of the manifest or index. */
  readonly digest: Digest;
  readonly configDigest?: Digest;
  readonly diffIds: readonly Digest[];
  readonly platform?: Platform;
  /** Platforms of an index, in place of `platform`. */
  readonly platforms?: readonly Platform[];
  /** Size of the archive in bytes. */
  readonly size: number;
  /** SHA-256 of the archive, in hex. */
  readonly sha256: string;
  /** Name and digest of the image that it was built on. */
  readonly base?: { readonly name: string; readonly digest: Digest };
  readonly facts: Facts;
}

const digest = { type: 'string', pattern: '^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$' } as const;
const texts = { type: 'array', items: { type: 'string' } } as const;
const text = { type: 'string', minLength: 1 } as const;

const platform = {
  type: 'object',
  required: ['os', 'architecture'],
  properties: { os: text, architecture: text, variant: text },
} as const;
const schema = schemaOf<ImageRecord>({
  type: 'object',
  required: ['name', 'reference', 'digest', 'diffIds', 'size', 'sha256', 'facts'],
  properties: {
    name: text,
    reference: text,
    digest,
    configDigest: digest,
    diffIds: { type: 'array', items: digest },
    platform,
    platforms: { type: 'array', items: platform },
    size: { type: 'integer', minimum: 0 },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    base: { type: 'object', required: ['name', 'digest'], properties: { name: text, digest } },
    facts: {
      type: 'object',
      required: ['compilers', 'packages', 'tools'],
      properties: { compilers: texts, packages: texts, tools: texts },
    },
  },
});

/** @throws ImageError CORRUPT when the file is damaged */
export function parseRecord(bytes: Uint8Array, path: string): ImageRecord {
  try {
    const value = parseJsonObject(bytes, path);
    if (schema()(value)) return value;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
  throw new ImageError(
    'CORRUPT',
    `${path}: expected the record of an archive, got something else`,
    {
      location: path,
      hint: 'Save the image again, or delete this file: the archive can be loaded without it.',
    },
  );
}

/** Equal facts give equal bytes. */
export function formatRecord(record: ImageRecord): Uint8Array {
  const { name, reference, digest, configDigest, diffIds, platform, size, sha256, base, facts } =
    record;
  const { platforms } = record;
  const { compilers, packages, tools } = facts;
  const ordered = {
    name,
    reference,
    digest,
    configDigest,
    diffIds,
    platform,
    platforms,
    size,
    sha256,
    base,
    facts: { compilers, packages, tools },
  };
  return Buffer.from(`${JSON.stringify(ordered, null, 2)}\n`);
}
