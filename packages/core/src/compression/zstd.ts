import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { throughStream } from './through-stream.js';
import { tooMuchMemory } from './too-much-memory.js';

type Bytes = AsyncIterable<Uint8Array>;

/** In so small steps (bytes) a block of zeros, which 4 bytes may describe, stays a bounded amount of memory. */
const STEP = 1024;

/**
 * Undoes zstd (RFC 8878), frame after frame: with Node.js's own where it has it (22.15 and later), else in
 * JavaScript.
 */
export function unzstd(bytes: Bytes): Bytes {
  const { createZstdDecompress: own } = zlib as { createZstdDecompress?: () => Duplex };
  const checked = withWindow(bytes);
  return own ? throughStream(checked, own()) : unzstdInJavaScript(checked);
}

/** What the zstd program, too, gives to a frame unless told otherwise (`--long=27`), in bytes. */
const WINDOW_LIMIT = 128 * 1024 * 1024;

/** @throws ImageError TOO_LARGE when the first frame wants a larger window: that much would be held in memory */
async function* withWindow(bytes: Bytes): Bytes {
  let isFirst = true;
  for await (const chunk of bytes) {
    const size = isFirst ? windowOf(chunk) : 0;
    isFirst = false;
    if (size > WINDOW_LIMIT)
      throw tooMuchMemory('zstd', 'a window of at most 128 MiB', `one of ${size / 1024 ** 2} MiB`);
    yield chunk;
  }
}

/** RFC 8878 § 3.1.1.1.2; 0 for a frame that says its size in its place. */
function windowOf(chunk: Uint8Array): number {
  const [, , , , flags = 0, descriptor = 0] = chunk;
  const isSingleSegment = (flags & 0x20) !== 0;
  if (isSingleSegment) return 0;
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

export async function* unzstdInJavaScript(bytes: Bytes): Bytes {
  const ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => void ready.push(chunk));
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; at += STEP) {
      stream.push(chunk.subarray(at, at + STEP), false);
      yield* ready.splice(0);
    }
  }
  stream.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}
