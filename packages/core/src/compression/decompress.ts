import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ImageError, tooLarge } from '../errors.js';
import type { Compression } from './detect.js';
import { throughStream } from './through-stream.js';
import { tooMuchMemory } from './too-much-memory.js';

type Bytes = AsyncIterable<Uint8Array>;

/** What undoes each; loaded when the first such stream comes. */
const DECODERS: Readonly<Record<Exclude<Compression, 'none'>, (bytes: Bytes) => Promise<Bytes>>> = {
  gzip: async (bytes) => throughStream(bytes, createGunzip()),
  zstd: async (bytes) => (await import('./zstd.js')).unzstd(bytes),
  bzip2: async (bytes) => (await import('./bzip2.js')).unbzip2Bytes(bytes),
  xz: async (bytes) => {
    const { default: xz } = await import('xz-decompress');
    return Readable.fromWeb(
      new xz.XzReadableStream(Readable.toWeb(Readable.from(bytes, { objectMode: false }))),
    );
  },
};

/** `XZ_MEMLIMIT_ERROR` of XZ Embedded, which the library tells in its message alone. */
const XZ_MEMORY = /error code 4$/;

/**
 * Undoes a compression while streaming; several members, frames or streams in a row are one.
 *
 * @param limit of what comes out, in bytes.
 * @throws ImageError CORRUPT, TOO_LARGE; whatever `bytes` throws
 */
export async function* decompress(bytes: Bytes, compression: Compression, limit = Infinity): Bytes {
  if (compression === 'none') {
    yield* bytes;
    return;
  }
  let failure: unknown;
  // An error of the bytes themselves says more than what a decoder makes of it.
  async function* watched(): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  let size = 0;
  try {
    for await (const chunk of await DECODERS[compression](watched())) {
      size += chunk.byteLength;
      if (size > limit) break;
      yield chunk;
    }
  } catch (cause) {
    if (failure !== undefined) throw failure as Error;
    if (cause instanceof ImageError) throw cause;
    if (compression === 'xz' && XZ_MEMORY.test(String(cause)))
      throw tooMuchMemory('xz', 'a dictionary of at most 64 MiB', 'a larger one');
    throw new ImageError(
      'CORRUPT',
      `${compression}: expected a whole stream, got a damaged or truncated one`,
      { cause },
    );
  }
  if (size > limit)
    throw tooLarge(`${compression}: expected at most ${limit} bytes when unpacked, got more`);
}
