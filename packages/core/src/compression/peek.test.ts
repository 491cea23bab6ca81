import { describe, expect, it } from 'vitest';
import { peekCompression } from './peek.js';

const GZIP = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/** A stream of single bytes, and whether it was closed. */
function stream(bytes: readonly number[]) {
  const state = { isClosed: false };
  async function* chunks(): AsyncIterable<Uint8Array> {
    try {
      for (const byte of bytes) yield Uint8Array.of(byte);
    } finally {
      state.isClosed = true;
    }
  }
  return { state, chunks: chunks() };
}

describe('the compression of a stream', () => {
  it.each([
    [GZIP, 'gzip'],
    [[0x1f, 0x8b], 'gzip'],
    [[0x42, 0x5a], 'none'],
    [[], 'none'],
  ])('of the bytes %j is %s, and all bytes are still there', async (bytes, expected) => {
    const { chunks } = stream(bytes);
    const peeked = await peekCompression(chunks);
    expect(peeked.compression).toBe(expected);
    const all: number[] = [];
    for await (const chunk of peeked.bytes) all.push(...chunk);
    expect(all).toEqual(bytes);
  });

  it('is found, and the stream closed without reading the rest', async () => {
    const { chunks, state } = stream(GZIP);
    const { close } = await peekCompression(chunks);
    expect(state.isClosed).toBe(false);
    await close();
    expect(state.isClosed).toBe(true);
  });

  it.each([1, 2, 3])('is found, and the stream closed after %i of its chunks', async (count) => {
    const { chunks, state } = stream(GZIP);
    let left = count;
    for await (const _ of (await peekCompression(chunks)).bytes) if (--left === 0) break;
    expect(state.isClosed).toBe(true);
  });
});
