import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { readAll } from '../transfer/verified.js';
import { Parts } from './parts.js';

async function filesOf(texts: readonly string[]): Promise<string[]> {
  const folder = await temporaryFolder();
  const paths = texts.map((_, at) => join(folder, String(at)));
  for (const [at, path] of paths.entries()) await writeFile(path, texts[at] ?? '');
  return paths;
}

const TEXTS = ['abc', '', 'd', 'efghij', ''];
const WHOLE = TEXTS.join('');

describe('parts', () => {
  it('are read as one file, any range of it', async () => {
    await using parts = await Parts.open(await filesOf(TEXTS));
    expect(parts.size).toBe(WHOLE.length);
    const bound = fc.nat(WHOLE.length + 2);
    await fc.assert(
      fc.asyncProperty(bound, bound, async (start, length) => {
        const expected = WHOLE.slice(start, start + length);
        expect(Buffer.from(await parts.read(start, length)).toString()).toBe(expected);
        const range = await readAll(parts.range(start, start + length));
        expect(Buffer.from(range).toString()).toBe(expected);
      }),
    );
    expect(Buffer.from(await readAll(parts.range())).toString()).toBe(WHOLE);
  });

  it('larger than a synchronous read are read across files, too', async () => {
    const texts = ['x'.repeat(10_000), 'y'.repeat(10_000)];
    await using parts = await Parts.open(await filesOf(texts));
    expect(Buffer.from(await parts.read(5_000, 10_000)).toString()).toBe(
      'x'.repeat(5_000) + 'y'.repeat(5_000),
    );
  });

  it('name the ranges of files that hold a range', async () => {
    await using parts = await Parts.open(await filesOf(TEXTS));
    const shape = (offset: number, size: number) =>
      parts.pieces(offset, size).map((piece) => [piece.offset, piece.size]);
    expect(shape(1, 5)).toEqual([
      [1, 2],
      [0, 1],
      [0, 2],
    ]);
    // An empty range is still in one file.
    expect(shape(3, 0)).toEqual([[0, 0]]);
  });

  it('are closed when one of them does not exist', async () => {
    const [first = ''] = await filesOf(['a']);
    await expect(Parts.open([first, `${first}.none`])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
