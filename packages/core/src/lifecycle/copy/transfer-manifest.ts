import { schemaOf } from '../../definition/read-yaml.js';
import { readUpTo } from '../../disk/paths/own-file.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { parseJson } from '../../oci/json.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';

/** One file of an archive; several for an archive in parts. */
export interface ManifestFile {
  /** In the folder of the manifest. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** One name of an image in an archive or a layout. */
export interface ManifestImage {
  /** The location that it was copied from; null for an image that the archive had before. */
  readonly source: string | null;
  /** Fully qualified name, with its tag; null for an image without a name. */
  readonly reference: string | null;
  readonly digest: Digest;
  /** Size of all its content in bytes; blobs that images share count for each. */
  readonly size: number;
  /** The date that the image states, as in its config; the latest one of several platforms. */
  readonly created: string | null;
  /** The files that hold its content. */
  readonly files: readonly string[];
}

/**
 * The content of an archive or a layout, listed for checking it elsewhere. It is written beside it: `release.tar.manifest.json`, and
 * for people `release.tar.manifest.txt`. Published as `@stowage/core/schemas/transfer-manifest.schema.json`.
 */
export interface TransferManifest {
  readonly manifestVersion: 1;
  /** Program and version that wrote it. */
  readonly tool: string;
  /** Name of the archive or layout in the folder of the manifest. */
  readonly name: string;
  /** None for a layout. */
  readonly files: readonly ManifestFile[];
  readonly images: readonly ManifestImage[];
}

export const MANIFEST_SUFFIX = '.manifest.json';
export const MANIFEST_TEXT_SUFFIX = '.manifest.txt';

const text = { type: 'string' } as const;
const name = { type: 'string', pattern: '^[^/\\\\]+$', description: 'A name without a folder.' };
const size = { type: 'integer', minimum: 0, description: 'In bytes.' } as const;

export const transferManifestSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The images of an archive or layout, written beside it',
  type: 'object',
  required: ['manifestVersion', 'tool', 'name', 'files', 'images'],
  properties: {
    manifestVersion: { const: 1 },
    tool: { ...text, description: 'Program and version that wrote it.' },
    name: { ...name, description: 'Name of the archive or layout beside this file.' },
    files: {
      type: 'array',
      description: 'The file, or the parts, of an archive; none for a layout.',
      items: {
        type: 'object',
        required: ['name', 'size', 'sha256'],
        properties: { name, size, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
      },
    },
    images: {
      type: 'array',
      description: 'Each name of each image; an image without a name once.',
      items: {
        type: 'object',
        required: ['source', 'reference', 'digest', 'size', 'created', 'files'],
        properties: {
          source: {
            type: ['string', 'null'],
            description: 'Where it was copied from; null for an image that was there before.',
          },
          reference: {
            type: ['string', 'null'],
            description: 'Fully qualified name, with its tag; null for an image without a name.',
          },
          digest: { type: 'string', pattern: '^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$' },
          size,
          created: {
            type: ['string', 'null'],
            description: 'The date that the image states, the latest one of several platforms.',
          },
          files: { type: 'array', items: name, description: 'The files that hold its content.' },
        },
      },
    },
  },
} as const;

/** More than 100,000 images. */
const MAX_BYTES = 64 * 1024 * 1024;

const validator = schemaOf<TransferManifest>(transferManifestSchema);

/**
 * Reads the manifest beside an archive or layout.
 *
 * @param path of the archive or layout.
 * @returns undefined when there is none
 * @throws ImageError INVALID, TOO_LARGE
 */
export async function readTransferManifest(path: string): Promise<TransferManifest | undefined> {
  return readManifestFile(path + MANIFEST_SUFFIX);
}

/** Reads a manifest by its own path. @throws as {@link readTransferManifest} */
export async function readManifestFile(file: string): Promise<TransferManifest | undefined> {
  const bytes = await readUpTo(file, MAX_BYTES);
  if (!bytes) return undefined;
  const document = parseJson(bytes, file, { ...DEFAULT_LIMITS, manifestBytes: MAX_BYTES });
  const isValid = validator();
  if (isValid(document)) return document;
  const [problem] = isValid.errors ?? [];
  throw new ImageError(
    'INVALID',
    `${file}: not a valid manifest of a transfer: ${problem?.instancePath || 'the document'} ${problem?.message ?? 'is invalid'}`,
    { location: file },
  );
}
