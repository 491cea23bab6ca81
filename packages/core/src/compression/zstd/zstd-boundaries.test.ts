import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { decompress } from '../decompress.js';
import { cutAtFrames } from './zstd-boundaries.js';

const GOLDEN = join(import.meta.dirname, '../../../testing/golden/compression');

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
