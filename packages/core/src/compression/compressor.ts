import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { Tinypool } from 'tinypool';
import * as zlib from 'node:zlib';
import { compressZstdFrame } from './zstd-frame.js';

export interface CompressOptions {
  readonly kind: 'gzip' | 'zstd';
  /** As the format counts: gzip 1 to 9 (6 when omitted), zstd 1 to 19 (3). */
  readonly level?: number | undefined;
}

/** Compresses blocks, several at once. Each block is its own from then on: nobody else may read it. */
export interface Compressor extends AsyncDisposable {
  readonly block: (bytes: Uint8Array) => Promise<Uint8Array>;
}

const gzip = promisify(zlib.gzip) as (
  bytes: Uint8Array,
  options: zlib.ZlibOptions,
) => Promise<Uint8Array>;

/** Where a member of gzip names the system that it was made on. */
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

export async function openCompressor({ kind, level }: CompressOptions): Promise<Compressor> {
  if (kind === 'gzip')
    return standing(async (bytes) =>
      neutral(await gzip(bytes, { ...gzipOptions(level ?? 6), chunkSize: roomFor(bytes) })),
    );
  const { zstdCompress } = zlib as { zstdCompress?: typeof zlib.gzip };
  // Node.js 22.15 and later have it, in threads of their own.
  if (zstdCompress) {
    const own = promisify(zstdCompress) as (
      bytes: Uint8Array,
      options: object,
    ) => Promise<Uint8Array>;
    const params = { [ZSTD_C_COMPRESSION_LEVEL]: level ?? 3 };
    return standing((bytes) => own(bytes, { params, chunkSize: roomFor(bytes) }));
  }
  return openPool(level ?? 3);
}

/** A low level is for speed: a table that finds more at once, over a window that stays in a core's cache. */
function gzipOptions(level: number): zlib.ZlibOptions {
  return { level, memLevel: 9, windowBits: level === 1 ? 13 : 15 };
}

/** For all that comes of most blocks: each turn through Node.js's threads costs more than memory does. */
function roomFor({ byteLength }: Uint8Array): number {
  return Math.max(Math.ceil(byteLength * 0.6), 1024);
}

/** `ZSTD_c_compressionLevel` of zstd.h. */
const ZSTD_C_COMPRESSION_LEVEL = 100;

function standing(block: Compressor['block']): Compressor {
  return {
    block,
    [Symbol.asyncDispose]: async () => {
      // Node.js's own threads stay.
    },
  };
}

/** Equal on every system. */
function neutral(member: Uint8Array): Uint8Array {
  member[OS_BYTE] = OS_UNKNOWN;
  return member;
}

async function openPool(level: number): Promise<Compressor> {
  // A worker runs what was built; from the sources of this repository's tests, blocks are compressed here.
  if (import.meta.url.endsWith('.ts'))
    return standing((bytes) => compressZstdFrame({ bytes, level }));
  const pool = await sharedPool();
  return {
    block: (bytes) =>
      pool.run(
        { bytes, level },
        { transferList: [bytes.buffer as ArrayBuffer] },
      ) as Promise<Uint8Array>,
    [Symbol.asyncDispose]: async () => {
      if (--users > 0) return;
      shared = undefined;
      await pool.destroy();
    },
  };
}

let shared: Promise<Tinypool> | undefined;
let users = 0;

/** One for all that is compressed at a time: each thread has an encoder's memory of its own, some 40 MiB. */
function sharedPool(): Promise<Tinypool> {
  users++;
  return (shared ??= import('tinypool').then(({ Tinypool }) => {
    const threads = Math.min(availableParallelism(), 4);
    return new Tinypool({
      filename: new URL('./zstd-frame.js', import.meta.url).href,
      name: 'compressZstdFrame',
      minThreads: threads,
      maxThreads: threads,
      runtime: 'worker_threads',
    });
  }));
}
