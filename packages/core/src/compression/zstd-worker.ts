// Runs in the worker threads of compressor.ts.
import { zstdEncoder } from './zstd/zstd-frame.js';

/** A block at the start of memory that both threads share; there is room for its frame. */
export interface ZstdJob {
  readonly memory: SharedArrayBuffer;
  /** Size of the block in bytes. */
  readonly size: number;
  readonly level: number;
}

/**
 * Replaces a block by its frame. What is sent between threads instead waits in both of them for the garbage collector.
 *
 * @returns size of the frame in bytes
 */
export default async function run({ memory, size, level }: ZstdJob): Promise<number> {
  const encode = await zstdEncoder();
  const frame = encode(new Uint8Array(memory, 0, size), level);
  new Uint8Array(memory).set(frame);
  return frame.byteLength;
}
