import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { Tinypool } from 'tinypool';
import * as zlib from 'node:zlib';
import type { ZstdJob } from './zstd-worker.js';

export interface CompressOptions {
  readonly kind: 'gzip' | 'zstd';
  /** gzip: 1 to 9, 6 when omitted. zstd: 1 to 19, 3 when omitted. */
  readonly level?: number | undefined;
}

/** Compresses blocks, several at once. */
export interface Compressor extends AsyncDisposable {
  /**
   * Bytes per block: many enough to compress well, and for a round trip to another thread to take little of the time; few
   * enough to distribute over all cores, and to stay in memory.
   */
  readonly blockBytes: number;
  /** Makes memory for a block. @param size in bytes, at most `blockBytes` */
  readonly allocate: (size: number) => Buffer;
  /**
   * Compresses the bytes at the start of memory from `allocate`; the memory may be used again when the result is there, but
   * has other content then.
   */
  readonly block: (bytes: Uint8Array) => Promise<Uint8Array>;
}

const gzip = promisify(zlib.gzip) as (
  bytes: Uint8Array,
  options: zlib.ZlibOptions,
) => Promise<Uint8Array>;

/** Offset of the field OS in a gzip member (RFC 1952 § 2.3). */
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

export async function openCompressor({ kind, level }: CompressOptions): Promise<Compressor> {
  if (kind === 'gzip')
    return compressorOf(async (bytes) =>
      removeOs(await gzip(bytes, { ...gzipOptions(level ?? 6), chunkSize: outputSizeOf(bytes) })),
    );
  const { zstdCompress } = zlib as { zstdCompress?: typeof zlib.gzip };
  // Node.js 22.15 and later compress zstd in their own thread pool.
  if (zstdCompress) {
    const own = promisify(zstdCompress) as (
      bytes: Uint8Array,
      options: object,
    ) => Promise<Uint8Array>;
    const params = { [ZSTD_C_COMPRESSION_LEVEL]: level ?? 3 };
    return compressorOf((bytes) => own(bytes, { params, chunkSize: outputSizeOf(bytes) }));
  }
  return openPool(level ?? 3);
}

/** The largest hash table, for speed; at level 1 also a small window, which stays in a core's cache. */
function gzipOptions(level: number): zlib.ZlibOptions {
  return { level, memLevel: 9, windowBits: level === 1 ? 13 : 15 };
}

/** Output buffer for the whole result of most blocks: another round trip to the thread pool costs more than memory. */
function outputSizeOf({ byteLength }: Uint8Array): number {
  return Math.max(Math.ceil(byteLength * 0.6), 1024);
}

/** `ZSTD_c_compressionLevel` of zstd.h. */
const ZSTD_C_COMPRESSION_LEVEL = 100;

/** Block size of the encoders of Node.js, which makes one for each block. */
const OWN_BLOCK_BYTES = 2 * 1024 * 1024;
/** Block size of our own threads, which keep their encoders. */
const THREAD_BLOCK_BYTES = 1024 * 1024;

function compressorOf(block: Compressor['block'], blockBytes = OWN_BLOCK_BYTES): Compressor {
  return {
    blockBytes,
    block,
    allocate: (size) => Buffer.allocUnsafeSlow(size),
    [Symbol.asyncDispose]: async () => {
      // Nothing to release: Node.js keeps its thread pool.
    },
  };
}

/** Removes the operating system, so that the bytes are the same on every system. */
function removeOs(member: Uint8Array): Uint8Array {
  member[OS_BYTE] = OS_UNKNOWN;
  return member;
}

/** Most bytes by which a frame is larger than its block (`ZSTD_compressBound`). */
export const FRAME_OVERHEAD = 4096 + 512;

async function openPool(level: number): Promise<Compressor> {
  // A worker needs the built file; tests run from the sources and compress in this thread.
  if (import.meta.url.endsWith('.ts')) {
    const { compressZstdFrame } = await import('./zstd/zstd-frame.js');
    return compressorOf((bytes) => compressZstdFrame(bytes, level), THREAD_BLOCK_BYTES);
  }
  const pool = await sharedPool();
  return {
    blockBytes: THREAD_BLOCK_BYTES,
    block: async ({ buffer, byteLength: size }) => {
      const job: ZstdJob = { memory: buffer as SharedArrayBuffer, size, level };
      return new Uint8Array(buffer).slice(0, (await pool.run(job)) as number);
    },
    allocate: (size) => Buffer.from(new SharedArrayBuffer(size + FRAME_OVERHEAD), 0, size),
    [Symbol.asyncDispose]: async () => {
      if (--users > 0) return;
      shared = undefined;
      await pool.destroy();
    },
  };
}

let shared: Promise<Tinypool> | undefined;
let users = 0;

/** One pool for all streams: each thread needs some 25 MiB for its encoder. */
function sharedPool(): Promise<Tinypool> {
  users++;
  return (shared ??= import('tinypool').then(({ Tinypool }) => {
    const threads = Math.min(availableParallelism(), 4);
    return new Tinypool({
      filename: new URL('./zstd-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      runtime: 'worker_threads',
    });
  }));
}
