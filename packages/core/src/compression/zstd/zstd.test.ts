import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { unzstd, unzstdInWasm } from './zstd.js';
import { zstdProgram } from './zstd-program.js';

const GOLDEN = join(import.meta.dirname, '../../../testing/golden/compression');

it('zstd is decompressed by WebAssembly, too, in every version of Node.js', async () => {
  const bytes = await readFile(join(GOLDEN, 'text.zst'));
  expect(await collect(unzstdInWasm(inChunks(bytes, 100)))).toBe(
    await readFile(join(GOLDEN, 'text'), 'utf8'),
  );
});

it('zstd is refused when it is cut within a frame, in every version of Node.js', async () => {
  const bytes = await readFile(join(GOLDEN, 'text.zst'));
  for (const length of [bytes.byteLength - 1, 100, 5])
    await expect(
      collect(unzstd(inChunks(bytes.subarray(0, length), 100))),
      `${length}`,
    ).rejects.toThrow();
  expect(await collect(unzstd(inChunks(bytes, 100)))).toBe(
    await readFile(join(GOLDEN, 'text'), 'utf8'),
  );
});

it('a stream of zstd that is stopped frees its memory: a hundred of them need no more than one', async () => {
  const bytes = await readFile(join(GOLDEN, 'text.zst'));
  const { memory } = await zstdProgram();
  const start = async () => {
    for await (const chunk of unzstdInWasm(inChunks(bytes, 100))) if (chunk.byteLength > 0) break;
  };
  await start();
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 100; round++) await start();
  expect(memory.buffer.byteLength).toBe(before);
});
