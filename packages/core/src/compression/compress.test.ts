import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { compress } from './compress.js';
import { decompress } from './decompress.js';
import { detectCompression } from './detect.js';

describe.each(['gzip', 'zstd'] as const)('compressing with %s', (kind) => {
  const big = Buffer.from('a line of text that repeats\n'.repeat(120_000));

  it.each([1, 100_000, 1 << 20, 5 << 20])('is reversible, in chunks of %i', async (size) => {
    const bytes = size === 1 ? big.subarray(0, 5000) : big;
    const packed = compress(inChunks(bytes, size), { kind });
    const unpacked = await collect(decompress(packed, kind));
    expect(unpacked === bytes.toString()).toBe(true);
  });

  it('gives the same bytes whatever the chunks, and fewer at a higher level', async () => {
    const compressAll = async (size: number, level?: number) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of compress(inChunks(big, size), { kind, level })) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const first = await compressAll(1000);
    expect(detectCompression(first)).toBe(kind);
    expect(await compressAll(1 << 20)).toEqual(first);
    expect((await compressAll(1 << 20, 9)).byteLength).toBeLessThanOrEqual(
      (await compressAll(1 << 20, 1)).byteLength,
    );
    if (kind === 'gzip') expect(first[9]).toBe(255);
  });

  it('gives a valid stream for empty input', async () => {
    expect(await collect(decompress(compress(noChunks(), { kind }), kind))).toBe('');
  });
});

it('a block that cannot be compressed is an error of the stream, however slow the input is', async () => {
  async function* slowly(): AsyncIterable<Uint8Array> {
    yield Buffer.alloc(1 << 20);
    await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.alloc(1 << 20);
  }
  const packed = compress(slowly(), { kind: 'gzip', level: 42 });
  await expect(collect(packed)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
});

it('an input that fails is an error of the stream, after the blocks before it', async () => {
  async function* failing(): AsyncIterable<Uint8Array> {
    yield Buffer.alloc(100);
    throw new TypeError('mine');
  }
  await expect(collect(compress(failing(), { kind: 'gzip' }))).rejects.toThrow('mine');
});

it('an input that is not wanted any more is closed', async () => {
  let isClosed = false;
  async function* endless(): AsyncIterable<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(1 << 20);
    } finally {
      isClosed = true;
    }
  }
  for await (const chunk of compress(endless(), { kind: 'gzip', level: 1 })) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(isClosed).toBe(true);
});

async function* noChunks(): AsyncIterable<Uint8Array> {
  // No chunk at all.
}
