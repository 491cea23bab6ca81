import { randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { usedLate } from '../../testing/chunks.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { readUnlessOver } from '../transfer/verified.js';
import { tap } from '../transfer/tap.js';
import { readRange } from './read-range.js';

const MIB = 1024 * 1024;

it('reads a range in chunks of one MiB, and ends where the file does', async () => {
  const path = join(await temporaryFolder(), 'x');
  const content = Buffer.from(Uint8Array.from({ length: 2 * MIB + 10 }, (_, at) => at * 31));
  await writeFile(path, content);
  await using file = await open(path, 'r');
  for (const [start, end, sizes] of [
    [0, 5, [5]],
    [3, 3, []],
    [5, 2 * MIB + 6, [MIB, MIB, 1]],
    [2 * MIB, 5 * MIB, [10]],
    [9 * MIB, 10 * MIB, []],
  ] as const) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readRange(file, start, end)) chunks.push(chunk);
    expect(chunks.map(({ byteLength }) => byteLength)).toEqual(sizes);
    expect(Buffer.concat(chunks).equals(content.subarray(start, end))).toBe(true);
  }
});

it('lends chunks: their memory is used again when the second one after them is asked for', async () => {
  const path = join(await temporaryFolder(), 'x');
  const content = randomBytes(5 * MIB + 10);
  await writeFile(path, content);
  await using file = await open(path, 'r');
  const buffers = new Set<ArrayBufferLike>();
  const lent = tap(readRange(file, 0, Infinity, { lend: true }), ({ buffer }) =>
    buffers.add(buffer),
  );
  expect((await readUnlessOver(Infinity, usedLate(lent), () => new Error())).equals(content)).toBe(
    true,
  );
  expect(buffers.size).toBe(2);
});
