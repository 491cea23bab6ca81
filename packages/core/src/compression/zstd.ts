import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { throughStream } from './through-stream.js';
import { cutAtFrames } from './zstd-boundaries.js';

type Bytes = AsyncIterable<Uint8Array>;

/** In so small steps (bytes) a block of zeros, which 4 bytes may describe, stays a bounded amount of memory. */
const STEP = 1024;

/**
 * Undoes zstd (RFC 8878), frame after frame: with Node.js's own where it has it (22.15 and later), else in
 * JavaScript.
 */
export function unzstd(bytes: Bytes): Bytes {
  const { createZstdDecompress: own } = zlib as { createZstdDecompress?: () => Duplex };
  const frames = cutAtFrames(bytes);
  return own ? throughStream(frames, own()) : unzstdInJavaScript(frames);
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
