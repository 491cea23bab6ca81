import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collect, inChunks } from '../../testing/chunks.js';
import { unxz } from './xz.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden/compression');
const packed = () => readFile(join(GOLDEN, 'text.xz'));
const plain = () => readFile(join(GOLDEN, 'text'), 'utf8');

it.each([1, 7, 100_000])('xz is decompressed from chunks of %i bytes', async (size) => {
  expect(await collect(unxz(inChunks(await packed(), size)))).toBe(await plain());
});

it('several streams are read as one', async () => {
  const one = await packed();
  const text = await plain();
  expect(await collect(unxz(inChunks(Buffer.concat([one, one]), 50)))).toBe(text + text);
});

it('content that is damaged or cut is an error', async () => {
  const one = await packed();
  await expect(collect(unxz(inChunks(one.subarray(0, -9), 50)))).rejects.toThrow();
  const damaged = Buffer.from(one);
  damaged.fill(0xff, 20, 40);
  await expect(collect(unxz(inChunks(damaged, 50)))).rejects.toThrow();
});

it('input that is not read to the end is closed', async () => {
  let isClosed = false;
  async function* input() {
    try {
      yield* inChunks(await packed(), 10);
    } finally {
      isClosed = true;
    }
  }
  const chunks = unxz(input())[Symbol.asyncIterator]();
  await chunks.next();
  await chunks.return?.();
  expect(isClosed).toBe(true);
});
