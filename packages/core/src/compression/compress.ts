import { availableParallelism } from 'node:os';
import { openCompressor, type CompressOptions } from './compressor.js';

export type { CompressOptions } from './compressor.js';

/**
 * Compresses on all cores: blocks of equal size, each a member (gzip, RFC 1952) or a frame (zstd, RFC 8878) of its
 * own, in order. Decoders read them as one. The result is deterministic for one version of Node.js.
 */
export async function* compress(
  bytes: AsyncIterable<Uint8Array>,
  options: CompressOptions,
): AsyncIterable<Uint8Array> {
  await using compressor = await openCompressor(options);
  const { blockBytes } = compressor;
  const working: Promise<Uint8Array>[] = [];
  const free: Buffer[] = [];
  const compressBlock = async (block: Buffer): Promise<Uint8Array> => {
    const result = await compressor.block(block);
    if (block.byteLength === blockBytes) free.push(block);
    return result;
  };
  runningStreams++;
  try {
    let count = 0;
    for await (const block of blocksOf(
      bytes,
      () => free.pop() ?? compressor.allocate(blockBytes),
    )) {
      count++;
      const compressed = compressBlock(block);
      // Awaited in its turn; it may fail before that, while input is awaited.
      compressed.catch(() => undefined);
      working.push(compressed);
      if (working.length < maxPending()) continue;
      const first = await working[0];
      void working.shift();
      if (first) yield first;
    }
    // Empty input becomes one empty member: decoders need at least a header.
    if (count === 0) working.push(compressor.block(compressor.allocate(0)));
    for (let next = working.shift(); next; next = working.shift()) yield await next;
  } finally {
    runningStreams--;
    await Promise.allSettled(working);
  }
}

/** How many streams are being compressed now. */
let runningStreams = 0;

/** Most pending blocks of a stream: enough to keep all cores busy while results are consumed; more only costs memory. */
function maxPending(): number {
  const cores = availableParallelism();
  return Math.max(cores, Math.ceil((2 * cores) / runningStreams));
}

/** Regroups chunks into blocks; the last may be a part of one. */
async function* blocksOf(
  bytes: AsyncIterable<Uint8Array>,
  newBlock: () => Buffer,
): AsyncIterable<Buffer> {
  let block: Buffer | undefined;
  let filled = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; ) {
      block ??= newBlock();
      const part = chunk.subarray(at, at + block.byteLength - filled);
      block.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled < block.byteLength) continue;
      yield block;
      block = undefined;
      filled = 0;
    }
  }
  if (block && filled > 0) yield block.subarray(0, filled);
}
