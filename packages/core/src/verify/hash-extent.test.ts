import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../oci/digest.js';
import { hashBytes } from './hash-extent.js';

const PLAIN = Buffer.alloc(300_000, 'stowage');
const PACKED = gzipSync(PLAIN);
const HASHING = { algorithm: 'sha256', diffAlgorithm: 'sha256', unpackedBytes: 1e6 } as const;

/** A stream, and whether it was closed. */
function stream(bytes: Uint8Array, onChunk: () => void = () => undefined) {
  const state = { isClosed: false };
  async function* chunks(): AsyncIterable<Uint8Array> {
    try {
      for (let at = 0; at < bytes.byteLength; at += 100) {
        onChunk();
        yield bytes.subarray(at, at + 100);
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, chunks: chunks() };
}

describe('hashing a stream', () => {
  it.each([
    ['gzip', PACKED],
    ['none', PLAIN],
  ])('gives the digest of all of it, and the diff ID: %s', async (compression, bytes) => {
    const { chunks, state } = stream(bytes);
    expect(await hashBytes(chunks, HASHING)).toEqual({
      compression,
      digest: digestOf(bytes),
      diffId: digestOf(PLAIN),
      size: bytes.byteLength,
    });
    expect(state.isClosed).toBe(true);
  });

  it('that unpacks to too much reads it to the end', async () => {
    const { chunks } = stream(PACKED);
    const found = await hashBytes(chunks, { ...HASHING, unpackedBytes: 1000 });
    expect(found).toMatchObject({ digest: digestOf(PACKED), failure: { code: 'TOO_LARGE' } });
  });

  it.each([PACKED, PLAIN])('closes it when it is aborted', async (bytes) => {
    const controller = new AbortController();
    let count = 0;
    const { chunks, state } = stream(bytes, () => {
      if (++count === 3) controller.abort();
    });
    await expect(hashBytes(chunks, HASHING, { signal: controller.signal })).rejects.toThrow();
    expect(state.isClosed).toBe(true);
  });
});
