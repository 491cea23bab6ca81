import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ImageError, tooLarge } from '../errors.js';
import type { Compression } from './detect.js';
import { throughStream } from './through-stream.js';
import { windowTooLargeError } from './too-much-memory.js';

type Bytes = AsyncIterable<Uint8Array>;

/** Decoders, loaded on first use. */
const DECODERS: Readonly<Record<Exclude<Compression, 'none'>, (bytes: Bytes) => Promise<Bytes>>> = {
  gzip: async (bytes) => throughStream(bytes, createGunzip()),
  zstd: async (bytes) => (await import('./zstd/zstd.js')).unzstd(bytes),
  bzip2: async (bytes) => (await import('./bzip2/bzip2.js')).unbzip2(bytes),
  xz: async (bytes) => (await import('./xz.js')).unxz(bytes),
};

/** `XZ_MEMLIMIT_ERROR` of XZ Embedded, which the library reports only in its message. */
const XZ_MEMORY = /error code 4$/;

/** Decoders outside Node.js's thread pool yield to signals and timers after this much input and output (bytes). */
const TURN_BYTES = 1024 * 1024;

/**
 * Decompresses a stream; several members, frames or streams in a row are read as one. Chunks stay small for any
 * compression ratio, and other work can run between them.
 *
 * @param limit of the decompressed content, in bytes; unlimited when omitted.
 * @throws ImageError CORRUPT, TOO_LARGE; errors of `bytes`
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
    if (worked < TURN_BYTES) return;
    worked = 0;
    await nextTurn();
  };
  // An error of the input is more useful than the error of the decoder that follows from it. Around the input alone:
  // a decoder that fails throws its error into the generator that it reads from.
  const chunks = bytes[Symbol.asyncIterator]();
  const read = () =>
    chunks.next().catch((error: unknown) => {
      failure = error;
      throw error;
    });
  async function* recordFailure(): Bytes {
    try {
      for (let next = await read(); next.done !== true; next = await read()) {
        await shareTime(next.value);
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
  let size = 0;
  try {
    for await (const chunk of await DECODERS[compression](recordFailure())) {
      size += chunk.byteLength;
      if (size > limit) break;
      await shareTime(chunk);
      yield chunk;
    }
  } catch (cause) {
    if (failure !== undefined) throw failure as Error;
    if (cause instanceof ImageError) throw cause;
    if (compression === 'xz' && XZ_MEMORY.test(String(cause)))
      throw windowTooLargeError('xz', 'a dictionary of at most 64 MiB', 'a larger one');
    throw new ImageError('CORRUPT', `${compression}: the stream is damaged or was cut short`, {
      cause,
    });
  }
  if (size > limit)
    throw tooLarge(`${compression}: more than the limit of ${limit} bytes when unpacked`);
}
