import { ImageError } from '../errors.js';
import { digestOf, parseDigest, type Digest } from './digest.js';
import { isObject, isSize } from './json.js';
import { readPlatform, type Platform } from './platform.js';

/** Identifies content by media type, digest and size (OCI image spec 1.1, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
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
  const { mediaType, digest, size, artifactType, annotations } = value;
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
    ...(isObject(annotations) ? { annotations: stringEntries(annotations) } : {}),
  };
}

/** The entries of an untrusted object whose value is a string. */
export function stringEntries(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
