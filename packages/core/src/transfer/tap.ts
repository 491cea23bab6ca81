import type { Bytes } from './store.js';

/** Passes bytes through, and shows each chunk on its way: to a hash, to a count. */
export async function* tap(bytes: Bytes, onChunk: (chunk: Uint8Array) => void): Bytes {
  for await (const chunk of bytes) {
    onChunk(chunk);
    yield chunk;
  }
}
