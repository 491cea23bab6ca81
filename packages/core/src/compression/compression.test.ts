import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { compress } from './compress.js';
import { decompress } from './decompress.js';
import { detectCompression, type Compression } from './detect.js';
import { cutAtFrames } from './zstd-boundaries.js';
import { unzstdInWasm } from './zstd.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden/compression');
const KINDS = ['gzip', 'zstd', 'xz', 'bzip2'] as const satisfies readonly Compression[];
const SUFFIX = { gzip: 'gz', zstd: 'zst', xz: 'xz', bzip2: 'bz2' };

async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(KINDS)('%s', (kind) => {
  const golden = () => readFile(join(GOLDEN, `text.${SUFFIX[kind]}`));
  const plain = () => readFile(join(GOLDEN, 'text'), 'utf8');

  it('is detected by its first bytes', async () => {
    expect(detectCompression(await golden())).toBe(kind);
  });

  it.each([1, 7, 4096, 1 << 20])(
    'is decompressed in chunks of %i, several streams in a row as one',
    async (size) => {
      const bytes = await golden();
      expect(await collect(decompress(inChunks(bytes, size), kind))).toBe(await plain());
      const twice = Buffer.concat([bytes, bytes]);
      expect(await collect(decompress(inChunks(twice, size), kind))).toBe(
        (await plain()).repeat(2),
      );
    },
  );

  it('is CORRUPT when it is truncated', async () => {
    const bytes = await golden();
    for (const length of [bytes.byteLength - 1, bytes.byteLength >> 1, 8]) {
      const cut = decompress(inChunks(bytes.subarray(0, length), 4096), kind);
      await expect(collect(cut), `${length}`).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('closes its input when it is read only in part, or is damaged', async () => {
    const bytes = await golden();
    for (const damage of [(_: Buffer) => undefined, (packed: Buffer) => packed.fill(0xa5, 12)]) {
      const packed = Buffer.from(bytes);
      damage(packed);
      let isClosed = false;
      async function* endless(): AsyncIterable<Uint8Array> {
        try {
          for (;;) yield packed;
        } finally {
          isClosed = true;
        }
      }
      try {
        for await (const _ of decompress(endless(), kind)) break;
      } catch (error) {
        expect(error).toMatchObject({ code: 'CORRUPT' });
      }
      await vi.waitUntil(() => isClosed);
    }
  });

  it('passes on errors of its input', async () => {
    async function* failing(): AsyncIterable<Uint8Array> {
      yield (await golden()).subarray(0, 20);
      throw new TypeError('mine');
    }
    await expect(collect(decompress(failing(), kind))).rejects.toThrow('mine');
  });
});

it('zstd is decompressed by WebAssembly, too, in every version of Node.js', async () => {
  const bytes = await readFile(join(GOLDEN, 'text.zst'));
  expect(await collect(unzstdInWasm(inChunks(bytes, 100)))).toBe(
    await readFile(join(GOLDEN, 'text'), 'utf8'),
  );
});

describe('zstd frames', () => {
  const golden = () => readFile(join(GOLDEN, 'text.zst'));
  const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  // A window descriptor, no size; a run-length block of 100 bytes, and a last, raw block of 2.
  const small = Buffer.from([
    0x28, 0xb5, 0x2f, 0xfd, 0, 0x50, 0x22, 0x03, 0, 97, 0x11, 0, 0, 98, 99,
  ]);

  it('are split at their ends, whatever the chunks', async () => {
    const frames = [await golden(), skippable, small, small, await golden()];
    const ends = frames.map((_, at) => Buffer.concat(frames.slice(0, at + 1)).byteLength);
    for (const size of [1, 3, 11, 1000, 1 << 20]) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of cutAtFrames(inChunks(Buffer.concat(frames), size)))
        chunks.push(chunk);
      expect(Buffer.concat(chunks)).toEqual(Buffer.concat(frames));
      let at = 0;
      const cuts = chunks.map((chunk) => (at += chunk.byteLength));
      expect(cuts).toEqual(expect.arrayContaining(ends));
      expect(chunks.every(({ byteLength }) => byteLength > 0)).toBe(true);
    }
  });

  it('are decompressed with skippable frames between them', async () => {
    const text = await readFile(join(GOLDEN, 'text'), 'utf8');
    const bytes = Buffer.concat([skippable, await golden(), skippable, small, small]);
    for (const size of [5, 1 << 20])
      expect(await collect(decompress(inChunks(bytes, size), 'zstd'))).toBe(
        `${text}${`${'a'.repeat(100)}bc`.repeat(2)}`,
      );
  });

  it('with a window that is too large are refused at any position', async () => {
    const large = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 9, 0, 0, 97]);
    // A single segment: its size of 1 GiB is also its window.
    const single = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 9, 0, 0, 97]);
    for (const frame of [large, single])
      for (const size of [1, 1000])
        await expect(
          collect(decompress(inChunks(Buffer.concat([small, frame]), size), 'zstd')),
        ).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('are refused with other data after them', async () => {
    const bytes = Buffer.concat([await golden(), Buffer.from('trailing')]);
    await expect(collect(decompress(inChunks(bytes, 1000), 'zstd'))).rejects.toMatchObject({
      code: 'CORRUPT',
    });
  });
});

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

async function* noChunks(): AsyncIterable<Uint8Array> {
  // No chunk at all.
}
