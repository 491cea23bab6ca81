import { ImageError } from '../errors.js';
import { digestOf, parseDigest, type Digest } from './digest.js';
import { isObject, isSize, type JsonObject } from './json.js';
import { readPlatform, type Platform } from './platform.js';

/** Identifies content by media type, digest and size (OCI image spec 1.1, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
  /** URLs of the content besides the repository. */
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** The media type, digest and size alone, without platform and annotations. */
export function withoutAnnotations({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/**
 * Checks one descriptor of an untrusted document.
 *
 * @param what the subject of error messages, for example `manifest sha256:… layers[2]`.
 * @throws ImageError INVALID
 */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value))
    throw new ImageError('INVALID', `${what}: expected a descriptor, got ${JSON.stringify(value)}`);
  const { mediaType, digest, size, artifactType, urls, annotations } = value;
  if (typeof mediaType !== 'string' || mediaType === '') {
    throw new ImageError(
      'INVALID',
      `${what}: expected a mediaType, got ${JSON.stringify(mediaType)}`,
    );
  }
  if (!isSize(size)) {
    throw new ImageError(
      'INVALID',
      `${what}: expected a size in bytes, got ${JSON.stringify(size)}`,
    );
  }
  const platform = readPlatform(value['platform']);
  return {
    mediaType,
    digest: parseDigest(digest),
    size,
    ...(platform ? { platform } : {}),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(Array.isArray(urls) && urls.length > 0 ? { urls: urls.filter(isText) } : {}),
    ...(isObject(annotations) ? { annotations: stringEntries(annotations) } : {}),
  };
}

/**
 * Applies a change of a descriptor to the JSON that it was parsed from: other fields and the order of keys stay. Of other
 * content, `data` (the content itself) and `urls` are dropped, because they are those of the old content.
 *
 * @param from the descriptor as it was parsed from `written`.
 * @returns `written` itself when nothing changed
 */
export function editDescriptor(written: JsonObject, from: Descriptor, to: Descriptor): JsonObject {
  const { mediaType, digest, size } = to;
  const isSame = digest === from.digest && size === from.size;
  if (isSame) return mediaType === from.mediaType ? written : { ...written, mediaType };
  const { data: _, urls: __, ...others } = written;
  return { ...others, mediaType, digest, size };
}

/** The entries of an untrusted object whose value is a string. */
export function stringEntries(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
