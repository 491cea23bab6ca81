import type { Bytes } from './store.js';

/** Passes bytes through and calls `onChunk` with each chunk, for example to hash or count them. */
export async function* tap(bytes: Bytes, onChunk: (chunk: Uint8Array) => void): Bytes {
  for await (const chunk of bytes) {
    onChunk(chunk);
    yield chunk;
  }
}
