import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compress } from './compress.js';
import { decompress } from './decompress.js';
import { detectCompression, type Compression } from './detect.js';
import { unzstdInJavaScript } from './zstd.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden/compression');
const KINDS = ['gzip', 'zstd', 'xz', 'bzip2'] as const satisfies readonly Compression[];
const SUFFIX = { gzip: 'gz', zstd: 'zst', xz: 'xz', bzip2: 'bz2' };

async function* inChunks(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function collected(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(KINDS)('%s', (kind) => {
  const golden = () => readFile(join(GOLDEN, `text.${SUFFIX[kind]}`));
  const plain = () => readFile(join(GOLDEN, 'text'), 'utf8');

  it('is told by its first bytes', async () => {
    expect(detectCompression(await golden())).toBe(kind);
  });

  it.each([1, 7, 4096, 1 << 20])(
    'is undone in chunks of %i, several in a row as one',
    async (size) => {
      const bytes = await golden();
      expect(await collected(decompress(inChunks(bytes, size), kind))).toBe(await plain());
      const twice = Buffer.concat([bytes, bytes]);
      expect(await collected(decompress(inChunks(twice, size), kind))).toBe(
        (await plain()).repeat(2),
      );
    },
  );

  it('is CORRUPT when it is cut or damaged', async () => {
    const bytes = await golden();
    for (const length of [bytes.byteLength - 1, bytes.byteLength >> 1, 8]) {
      const cut = decompress(inChunks(bytes.subarray(0, length), 4096), kind);
      await expect(collected(cut), `${length}`).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('passes on what its bytes throw', async () => {
    async function* failing(): AsyncIterable<Uint8Array> {
      yield (await golden()).subarray(0, 20);
      throw new TypeError('mine');
    }
    await expect(collected(decompress(failing(), kind))).rejects.toThrow('mine');
  });
});

it('zstd is undone in JavaScript as well, where Node.js has it or not', async () => {
  const bytes = await readFile(join(GOLDEN, 'text.zst'));
  expect(await collected(unzstdInJavaScript(inChunks(bytes, 100)))).toBe(
    await readFile(join(GOLDEN, 'text'), 'utf8'),
  );
});

describe('a bomb', () => {
  // One letter, by programs that were told to use a window of gigabytes.
  it.each<[Compression, string]>([
    [
      'zstd',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x09, 0, 0, 0x61]).toString('base64'),
    ],
    ['xz', '/Td6WFoAAATm1rRGAgAhASUAAAA7eHtBAQAAYQAAAAAFK2Uud4QCMwABGQGlLIHMH7bzfQEAAAAABFla'],
  ])('of memory is refused: %s', async (kind, bytes) => {
    const packed = inChunks(Buffer.from(bytes, 'base64'), 1000);
    await expect(collected(decompress(packed, kind))).rejects.toMatchObject({
      code: 'TOO_LARGE',
      hint: expect.stringContaining(kind) as string,
    });
  });

  it('of bytes is refused at the limit, and not before', async () => {
    const packed = () => compress(inChunks(Buffer.alloc(1_000_000), 100_000), { kind: 'gzip' });
    expect(await collected(decompress(packed(), 'gzip', 1_000_000))).toHaveLength(1_000_000);
    await expect(collected(decompress(packed(), 'gzip', 999_999))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });
});

describe.each(['gzip', 'zstd'] as const)('compressing with %s', (kind) => {
  const big = Buffer.from('a line of text that repeats\n'.repeat(120_000));

  it.each([1, 100_000, 1 << 20, 5 << 20])(
    'gives back what went in, in chunks of %i',
    async (size) => {
      const bytes = size === 1 ? big.subarray(0, 5000) : big;
      const packed = compress(inChunks(bytes, size), { kind });
      const unpacked = await collected(decompress(packed, kind));
      expect(unpacked === bytes.toString()).toBe(true);
    },
  );

  it('gives the same bytes whatever the chunks, smaller ones at a higher level', async () => {
    const packed = async (size: number, level?: number) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of compress(inChunks(big, size), { kind, level })) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const first = await packed(1000);
    expect(detectCompression(first)).toBe(kind);
    expect(await packed(1 << 20)).toEqual(first);
    expect((await packed(1 << 20, 9)).byteLength).toBeLessThanOrEqual(
      (await packed(1 << 20, 1)).byteLength,
    );
    if (kind === 'gzip') expect(first[9]).toBe(255);
  });

  it('makes something even of nothing', async () => {
    expect(await collected(decompress(compress(nothing(), { kind }), kind))).toBe('');
  });
});

async function* nothing(): AsyncIterable<Uint8Array> {
  // No chunk at all.
}
