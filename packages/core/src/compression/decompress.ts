import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ImageError, tooLarge } from '../errors.js';
import type { Compression } from './detect.js';
import { throughStream } from './through-stream.js';
import { tooMuchMemory } from './too-much-memory.js';

type Bytes = AsyncIterable<Uint8Array>;

/** The decoder of each; loaded when the first such stream comes. */
const DECODERS: Readonly<Record<Exclude<Compression, 'none'>, (bytes: Bytes) => Promise<Bytes>>> = {
  gzip: async (bytes) => throughStream(bytes, createGunzip()),
  zstd: async (bytes) => (await import('./zstd.js')).unzstd(bytes),
  bzip2: async (bytes) => (await import('./bzip2.js')).unbzip2(bytes),
  xz: async (bytes) => {
    const { default: xz } = await import('xz-decompress');
    return Readable.fromWeb(
      new xz.XzReadableStream(Readable.toWeb(Readable.from(bytes, { objectMode: false }))),
    );
  },
};

/** `XZ_MEMLIMIT_ERROR` of XZ Embedded, which the library tells in its message alone. */
const XZ_MEMORY = /error code 4$/;

/** Decoders that are no thread of Node.js's let signals and timers run each time so much (bytes) went in and out. */
const TURN = 1024 * 1024;

/**
 * Unpacks content while streaming; several members, frames or streams in a row are one. However much a few bytes
 * unpack to, chunks stay small, and other work gets its turn between them.
 *
 * @param limit of the unpacked content, in bytes.
 * @throws ImageError CORRUPT, TOO_LARGE; whatever `bytes` throws
 */
export async function* decompress(bytes: Bytes, compression: Compression, limit = Infinity): Bytes {
  if (compression === 'none') {
    yield* bytes;
    return;
  }
  let failure: unknown;
  let worked = 0;
  const shareTime = async ({ byteLength }: Uint8Array): Promise<void> => {
    worked += byteLength;
    if (worked < TURN) return;
    worked = 0;
    await nextTurn();
  };
  // An error of the bytes themselves says more than what a decoder makes of it.
  async function* watched(): Bytes {
    try {
      for await (const chunk of bytes) {
        await shareTime(chunk);
        yield chunk;
      }
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
      await shareTime(chunk);
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
