import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { decompress } from '../compression/decompress.js';
import { detectCompression, type Compression } from '../compression/detect.js';
import { ImageError, type ErrorCode } from '../errors.js';
import type { Algorithm } from '../oci/digest.js';
import type { Extent } from '../transfer/extent.js';
import type { Bytes, CallOptions } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';

export interface Hashing {
  readonly algorithm: Algorithm;
  /** Wanted of the unpacked content, too: a layer's diff ID. */
  readonly diffAlgorithm?: Algorithm;
  /** What that may be at most, in bytes. */
  readonly unpackedBytes?: number;
}

export interface HashJob extends Extent, Hashing {}

/** Plain data, as it travels between threads. */
export interface Hashed {
  readonly digest: string;
  /** How many bytes there were: fewer than asked for where the file ends early. */
  readonly size: number;
  readonly compression: Compression;
  readonly diffId?: string;
  /** Why the content could not be unpacked. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
}

const CHUNK = 512 * 1024;

/** Reads an extent once, and hashes it as it is and, where asked, unpacked. */
export function hashExtent(
  { pieces, ...hashing }: HashJob,
  options: CallOptions = {},
): Promise<Hashed> {
  // A decoder may keep what it was given; a hash does not, so one buffer does for it.
  const isKept = hashing.diffAlgorithm !== undefined;
  return hashBytes(read(pieces, isKept), hashing, options);
}

/** Synchronous inside: a thread of its own has nothing else to do. */
async function* read(pieces: Extent['pieces'], isKept: boolean): Bytes {
  let buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (const { file, offset, size } of pieces) {
    const descriptor = typeof file === 'number' ? file : openSync(file, 'r');
    try {
      for (let at = 0; at < size; ) {
        const length = readSync(descriptor, buffer, 0, Math.min(CHUNK, size - at), offset + at);
        if (length === 0) return;
        at += length;
        yield buffer.subarray(0, length);
        if (isKept) buffer = Buffer.allocUnsafeSlow(CHUNK);
      }
    } finally {
      if (typeof file !== 'number') closeSync(descriptor);
    }
  }
}

/** Hashes content as it passes, and unpacked where asked. */
export async function hashBytes(
  bytes: Bytes,
  { algorithm, diffAlgorithm, unpackedBytes }: Hashing,
  options: CallOptions = {},
): Promise<Hashed> {
  const raw = createHash(algorithm);
  let size = 0;
  const hashed = tap(bytes, (chunk) => {
    options.signal?.throwIfAborted();
    raw.update(chunk);
    size += chunk.byteLength;
  });
  const chunks = hashed[Symbol.asyncIterator]();
  const first = await chunks.next();
  const compression = detectCompression(first.done ? new Uint8Array() : first.value);
  // Not to be ended by a decoder that stops early: the digest is of everything.
  const after: Bytes = { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
  const isPacked = diffAlgorithm !== undefined && compression !== 'none';
  async function* whole(): Bytes {
    if (!first.done) yield first.value;
    yield* after;
  }
  const unpacked = isPacked
    ? await hashUnpacked(decompress(whole(), compression, unpackedBytes), diffAlgorithm, options)
    : {};
  for await (const _ of after);
  const digest = `${algorithm}:${raw.digest('hex')}`;
  const plain = diffAlgorithm === algorithm && !isPacked ? { diffId: digest } : {};
  return { digest, size, compression, ...unpacked, ...plain };
}

async function hashUnpacked(
  unpacked: Bytes,
  algorithm: Algorithm,
  { signal }: CallOptions,
): Promise<Pick<Hashed, 'diffId' | 'failure'>> {
  const hash = createHash(algorithm);
  try {
    for await (const chunk of unpacked) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
    return { diffId: `${algorithm}:${hash.digest('hex')}` };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
