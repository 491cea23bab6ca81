import { availableParallelism } from 'node:os';
import { openCompressor, type CompressOptions } from './compressor.js';

export type { CompressOptions } from './compressor.js';

/** So much (bytes) becomes one gzip member or zstd frame: enough to compress well, little enough to share out. */
const BLOCK = 1024 * 1024;

/**
 * Compresses on all cores: blocks of equal size, each a member (gzip, RFC 1952) or a frame (zstd, RFC 8878) of its
 * own, in order. Every decoder takes them as one. The same bytes give the same result with the same Node.js.
 */
export async function* compress(
  bytes: AsyncIterable<Uint8Array>,
  options: CompressOptions,
): AsyncIterable<Uint8Array> {
  await using compressor = await openCompressor(options);
  const working: Promise<Uint8Array>[] = [];
  const free: Buffer[] = [];
  const packed = async (block: Buffer): Promise<Uint8Array> => {
    const result = await compressor.block(block);
    // Used again, unless it was given away to another thread.
    if (block.byteLength === BLOCK) free.push(block);
    return result;
  };
  running++;
  try {
    let count = 0;
    for await (const block of blocksOf(bytes, BLOCK, free)) {
      count++;
      working.push(packed(block));
      if (working.length < ahead()) continue;
      const first = await working[0];
      void working.shift();
      if (first) yield first;
    }
    // Nothing at all is one empty member: a decoder wants at least a header.
    if (count === 0) working.push(compressor.block(new Uint8Array(0)));
    for (let next = working.shift(); next; next = working.shift()) yield await next;
  } finally {
    running--;
    await Promise.allSettled(working);
  }
}

/** How many streams are compressed at this moment. */
let running = 0;

/** Enough blocks at a time that no core waits while what is done is sent, and no more: memory that waits is slow, too. */
function ahead(): number {
  const cores = availableParallelism();
  return Math.max(cores, Math.ceil((2 * cores) / running));
}

/** Blocks of one size, whatever the chunks; the last may be smaller. */
async function* blocksOf(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  free: Buffer[],
): AsyncIterable<Buffer> {
  let block: Buffer | undefined;
  let filled = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + size - filled);
      block ??= free.pop() ?? Buffer.allocUnsafeSlow(size);
      block.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled < size) continue;
      yield block;
      block = undefined;
      filled = 0;
    }
  }
  if (block && filled > 0) yield block.subarray(0, filled);
}
