import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { decompress } from '../compression/decompress.js';
import { detectCompression, MAGIC_BYTES, type Compression } from '../compression/detect.js';
import { ImageError, type ErrorCode } from '../errors.js';
import type { Algorithm } from '../oci/digest.js';
import type { Extent } from '../transfer/extent.js';

export interface HashJob extends Extent {
  readonly algorithm: Algorithm;
  /** Wanted of the unpacked content, too: a layer's diff ID. */
  readonly diffAlgorithm?: Algorithm;
  /** What that may be at most, in bytes. */
  readonly unpackedBytes?: number;
}

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

const CHUNK = 1024 * 1024;

/** Reads an extent once, and hashes it as it is and, where asked, unpacked. */
export async function hashExtent({
  file,
  offset,
  size,
  algorithm,
  diffAlgorithm,
  unpackedBytes,
}: HashJob): Promise<Hashed> {
  const descriptor = typeof file === 'number' ? file : openSync(file, 'r');
  try {
    const raw = createHash(algorithm);
    const reader = { descriptor, at: offset, end: offset + size, raw };
    const head = Buffer.alloc(Math.min(MAGIC_BYTES, size));
    readSync(descriptor, head, 0, head.byteLength, offset);
    const compression = detectCompression(head);
    const common = { compression };
    if (diffAlgorithm === undefined || compression === 'none') {
      for (const _ of chunks(reader));
      const digest = `${algorithm}:${raw.digest('hex')}`;
      return {
        ...common,
        digest,
        size: reader.at - offset,
        ...(diffAlgorithm === algorithm ? { diffId: digest } : {}),
      };
    }
    const unpacked = await hashUnpacked(reader, compression, diffAlgorithm, unpackedBytes);
    // A decoder may stop before the end; the digest is of everything.
    for (const _ of chunks(reader));
    return {
      ...common,
      ...unpacked,
      digest: `${algorithm}:${raw.digest('hex')}`,
      size: reader.at - offset,
    };
  } finally {
    if (typeof file !== 'number') closeSync(descriptor);
  }
}

interface Reader {
  readonly descriptor: number;
  at: number;
  readonly end: number;
  readonly raw: Hash;
}

/** Synchronous: a thread of its own has nothing else to do. */
function* chunks(reader: Reader): Iterable<Uint8Array> {
  while (reader.at < reader.end) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, reader.end - reader.at));
    const length = readSync(reader.descriptor, buffer, 0, buffer.byteLength, reader.at);
    if (length === 0) return;
    reader.at += length;
    const chunk = buffer.subarray(0, length);
    reader.raw.update(chunk);
    yield chunk;
  }
}

async function hashUnpacked(
  reader: Reader,
  compression: Compression,
  algorithm: Algorithm,
  limit: number | undefined,
): Promise<Pick<Hashed, 'diffId' | 'failure'>> {
  const hash = createHash(algorithm);
  async function* raw(): AsyncIterable<Uint8Array> {
    yield* chunks(reader);
  }
  try {
    for await (const chunk of decompress(raw(), compression, limit)) hash.update(chunk);
    return { diffId: `${algorithm}:${hash.digest('hex')}` };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
