import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { decompress } from '../../compression/decompress.js';
import type { Compression } from '../../compression/detect.js';
import { peekCompression, withoutEnd } from '../../compression/peek.js';
import { ImageError, type ErrorCode } from '../../errors.js';
import type { Algorithm } from '../../oci/digest.js';
import type { Extent } from '../extent.js';
import type { Bytes, CallOptions } from '../store.js';
import { Meter, tap } from '../tap.js';
import { JobState } from './job-state.js';

/** Digests to compute. */
export interface Hashing {
  readonly algorithm: Algorithm;
  /** Also hash the decompressed content with this algorithm, for the diff ID of a layer. */
  readonly diffAlgorithm?: Algorithm;
  /** Largest decompressed size in bytes. */
  readonly unpackedBytes?: number;
}

/** An extent to hash; plain data, because it is sent to a worker thread. */
export interface HashJob extends Extent, Hashing {
  /** Where the bytes are written in the same pass: an open file, and the offset of the first byte. */
  readonly to?: { readonly file: number; readonly offset: number };
  /** Memory of a {@link JobState}; a job that is stopped ends as if the file ended there. */
  readonly state?: SharedArrayBuffer;
}

/** The digests of some content; plain data, because it is sent between threads. */
export interface HashResult {
  readonly digest: string;
  /** Number of bytes read; less than the extent's size when the file ends early. */
  readonly size: number;
  readonly compression: Compression;
  readonly diffId?: string;
  /** The error when the content could not be decompressed. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads an extent once and hashes it, with `diffAlgorithm` also decompressed. */
export function hashExtent(job: HashJob, options: CallOptions = {}): Promise<HashResult> {
  return hashBytes(read(job), job, options);
}

/** Reads, and writes, synchronously, which is faster: a worker thread has nothing else to do meanwhile. */
async function* read({ pieces, to, state, diffAlgorithm }: HashJob): Bytes {
  const shared = state && new JobState(state);
  let buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let done = 0;
  for (const { file, offset, size } of pieces) {
    const descriptor = typeof file === 'number' ? file : openSync(file, 'r');
    try {
      for (let at = 0; at < size; ) {
        const wanted = Math.min(CHUNK_BYTES, size - at);
        const length = readSync(descriptor, buffer, 0, wanted, offset + at);
        if (length === 0 || shared?.isStopped) return;
        const chunk = buffer.subarray(0, length);
        if (to) writeAllSync(to.file, chunk, to.offset + done);
        at += length;
        done += length;
        if (shared) shared.bytes = done;
        yield chunk;
        // A decompressor may keep the chunks that it gets; a hash does not, so one buffer is reused.
        if (diffAlgorithm !== undefined) buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      }
    } finally {
      if (typeof file !== 'number') closeSync(descriptor);
    }
  }
}

function writeAllSync(file: number, chunk: Uint8Array, offset: number): void {
  for (let at = 0; at < chunk.byteLength; )
    at += writeSync(file, chunk, at, chunk.byteLength - at, offset + at);
}

/** Hashes a stream, with `diffAlgorithm` also decompressed. */
export async function hashBytes(
  bytes: Bytes,
  { algorithm, diffAlgorithm, unpackedBytes }: Hashing,
  options: CallOptions = {},
): Promise<HashResult> {
  const meter = new Meter(algorithm);
  const tapped = tap(bytes, (chunk) => {
    options.signal?.throwIfAborted();
    meter.add(chunk);
  });
  const peeked = await peekCompression(tapped);
  const { compression } = peeked;
  const chunks = peeked.bytes[Symbol.asyncIterator]();
  const isPacked = diffAlgorithm !== undefined && compression !== 'none';
  let unpacked: Pick<HashResult, 'diffId' | 'failure'> = {};
  try {
    if (isPacked)
      unpacked = await hashUnpacked(
        // A decompressor that stops early must not end the stream, because the digest covers all of it.
        decompress(withoutEnd(chunks), compression, unpackedBytes),
        diffAlgorithm,
        options,
      );
    for await (const _ of withoutEnd(chunks));
  } finally {
    await chunks.return?.();
  }
  const { size } = meter;
  const digest = meter.digest();
  const plain = diffAlgorithm === algorithm && !isPacked ? { diffId: digest } : {};
  return { digest, size, compression, ...unpacked, ...plain };
}

async function hashUnpacked(
  unpacked: Bytes,
  algorithm: Algorithm,
  { signal }: CallOptions,
): Promise<Pick<HashResult, 'diffId' | 'failure'>> {
  const meter = new Meter(algorithm);
  try {
    for await (const chunk of unpacked) {
      signal?.throwIfAborted();
      meter.add(chunk);
    }
    return { diffId: meter.digest() };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
