import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { digestOf } from '../../oci/digest.js';
import { hashBytes, hashExtent } from './hash-extent.js';

const PLAIN = Buffer.alloc(300_000, 'stowage');
const PACKED = gzipSync(PLAIN);
const HASHING = { algorithm: 'sha256', diffAlgorithm: 'sha256', unpackedBytes: 1e6 } as const;

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'x');
  await writeFile(path, bytes);
  return path;
}

/** A job for parts of a file: an offset and a size each. */
function job(file: string | number, ...parts: readonly (readonly [number, number])[]) {
  const size = parts.reduce((sum, [, each]) => sum + each, 0);
  const pieces = parts.map(([offset, each]) => ({ file, offset, size: each }));
  return { offset: 0, size, member: 'x', pieces, algorithm: 'sha256' as const };
}

describe('the hash of an extent', () => {
  it('is of its pieces, in order', async () => {
    const file = await fileOf(PLAIN);
    const joined = Buffer.concat([PLAIN.subarray(20, 25), PLAIN.subarray(0, 10)]);
    expect(await hashExtent(job(file, [20, 5], [0, 10]))).toEqual({
      digest: digestOf(joined),
      size: 15,
      compression: 'none',
    });
  });

  it('leaves a file open that its owner opened', async () => {
    await using handle = await open(await fileOf(PLAIN), 'r');
    const whole = job(handle.fd, [0, PLAIN.length]);
    for (let round = 0; round < 2; round++)
      expect((await hashExtent(whole)).digest).toBe(digestOf(PLAIN));
  });

  it('has the size that was read, where the file ends early', async () => {
    const file = await fileOf(PLAIN);
    const { size, digest } = await hashExtent(job(file, [0, PLAIN.length + 1], [0, 5]));
    expect([size, digest]).toEqual([PLAIN.length, digestOf(PLAIN)]);
  });

  it('of more than one buffer is whole, packed or not', async () => {
    const large = Buffer.alloc(1_300_000, 'abc');
    const whole = job(await fileOf(large), [0, large.length]);
    expect((await hashExtent(whole)).digest).toBe(digestOf(large));
    const packed = gzipSync(large, { level: 0 });
    const both = job(await fileOf(packed), [0, packed.length]);
    expect(await hashExtent({ ...both, diffAlgorithm: 'sha512' })).toMatchObject({
      digest: digestOf(packed),
      diffId: digestOf(large, 'sha512'),
    });
  });

  it('fails if there is no file', async () => {
    await expect(hashExtent(job('/none/x', [0, 1]))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the hash of a stream', () => {
  const hash = (bytes: Uint8Array, hashing = {}) =>
    hashBytes(inChunks(bytes, 100), { algorithm: 'sha256', ...hashing });

  it.each([
    ['plain content is its diff ID', PLAIN, 'sha256', digestOf(PLAIN)],
    ['plain content with another algorithm is none', PLAIN, 'sha512', undefined],
    ['packed content is of what it unpacks to', PACKED, 'sha512', digestOf(PLAIN, 'sha512')],
  ])('of %s', async (_what, bytes, diffAlgorithm, diffId) => {
    const hashed = await hash(bytes, { diffAlgorithm });
    expect([hashed.digest, hashed.diffId]).toEqual([digestOf(bytes), diffId]);
  });

  it('is of all of it, also where it cannot be unpacked', async () => {
    const damaged = Buffer.concat([PACKED.subarray(0, 20), Buffer.alloc(500, 1)]);
    expect(await hash(damaged, { diffAlgorithm: 'sha256' })).toMatchObject({
      digest: digestOf(damaged),
      size: damaged.length,
      failure: { code: 'CORRUPT' },
    });
  });

  it('of nothing is that of nothing', async () => {
    expect(await hash(Buffer.alloc(0))).toMatchObject({
      digest: digestOf(Buffer.alloc(0)),
      size: 0,
    });
  });

  it('stops at an abort, and with an error of the stream', async () => {
    const signal = AbortSignal.abort(new TypeError('stopped'));
    const bytes = inChunks(PLAIN, 10);
    await expect(hashBytes(bytes, { algorithm: 'sha256' }, { signal })).rejects.toThrow('stopped');
    async function* failing() {
      yield PACKED.subarray(0, 30);
      throw new TypeError('mine');
    }
    const hashing = { algorithm: 'sha256', diffAlgorithm: 'sha256' } as const;
    await expect(hashBytes(failing(), hashing)).rejects.toThrow('mine');
  });
});

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
