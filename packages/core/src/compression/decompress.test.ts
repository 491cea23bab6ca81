import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { decompress } from './decompress.js';
import { detectCompression, type Compression } from './detect.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden/compression');
const KINDS = ['gzip', 'zstd', 'xz', 'bzip2'] as const satisfies readonly Compression[];
const SUFFIX = { gzip: 'gz', zstd: 'zst', xz: 'xz', bzip2: 'bz2' };

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

it('content that is not compressed is passed through, without a limit', async () => {
  expect(await collect(decompress(inChunks(Buffer.from('hello'), 2), 'none', 1))).toBe('hello');
});
