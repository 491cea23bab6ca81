import { ImageError, tooLarge } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import type { Bytes, CallOptions, Source } from './store.js';
import { Meter } from './tap.js';

/** Options of {@link verified}. */
export interface VerifiedOptions extends CallOptions {
  /** Location of the source, for messages. */
  readonly location?: string;
  /** Called with the size of each chunk. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Passes `bytes` through and throws at the end unless size and digest match `descriptor`. On an error the consumer must
 * discard what it received.
 *
 * @throws ImageError CORRUPT (size or digest)
 */
export async function* verified(
  bytes: Bytes,
  descriptor: Descriptor,
  options: VerifiedOptions = {},
): Bytes {
  const meter = new Meter(algorithmOf(descriptor.digest));
  for await (const chunk of bytes) {
    options.signal?.throwIfAborted();
    meter.add(chunk);
    if (meter.size > descriptor.size) break;
    options.onBytes?.(chunk.byteLength);
    yield chunk;
  }
  const { size } = meter;
  requireSame(descriptor, { size, digest: () => meter.digest() }, options);
}

/** @throws ImageError CORRUPT unless size (bytes) and digest of content are those of its descriptor */
export function requireSame(
  descriptor: Descriptor,
  { size, digest }: { readonly size: number; readonly digest: () => string },
  options: Pick<VerifiedOptions, 'location'> = {},
): void {
  if (size !== descriptor.size) {
    const actual = size > descriptor.size ? 'more' : `${size}`;
    throw corruptError(descriptor, `${descriptor.size} bytes`, actual, options);
  }
  const actual = digest();
  if (actual !== descriptor.digest)
    throw corruptError(descriptor, 'content of that digest', actual, options);
}

/** Collects a stream into one array. @throws ImageError TOO_LARGE over `limit` bytes (4 MiB when omitted) */
export async function readAll(
  bytes: Bytes,
  limit = DEFAULT_LIMITS.manifestBytes,
): Promise<Uint8Array> {
  return readUnlessOver(limit, bytes, () => tooLarge(`larger than the limit of ${limit} bytes`));
}

/** Collects a stream into one buffer; throws the error of `tooMuch` when it has more than `limit` bytes. */
export async function readUnlessOver(
  limit: number,
  bytes: Bytes,
  tooMuch: () => Error,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > limit) throw tooMuch();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Reads and verifies one manifest or config. @throws ImageError NOT_FOUND, CORRUPT, TOO_LARGE */
export async function readContent(
  source: Source,
  descriptor: Descriptor,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const { location, limits = DEFAULT_LIMITS } = source;
  const { manifestBytes } = limits;
  if (descriptor.size > manifestBytes)
    throw tooLarge(
      `${location}: ${descriptor.digest}: ${descriptor.size} bytes, more than the limit of ${manifestBytes}`,
      location,
    );
  return readAll(
    verified(source.read(descriptor, options), descriptor, {
      ...options,
      location,
    }),
    manifestBytes,
  );
}

function corruptError(
  descriptor: Descriptor,
  expected: string,
  actual: string,
  { location }: Pick<VerifiedOptions, 'location'>,
): ImageError {
  const where = location === undefined ? '' : `${location}: `;
  return new ImageError(
    'CORRUPT',
    `${where}${descriptor.digest}: expected ${expected}, got ${actual}`,
    {
      ...(location === undefined ? {} : { location }),
      hint: 'The content was damaged or cut short after it was written; fetch or build it again.',
    },
  );
}
