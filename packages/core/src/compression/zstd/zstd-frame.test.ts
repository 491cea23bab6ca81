import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { detectCompression } from '../detect.js';
import { unzstdInWasm } from './zstd.js';
import { FRAME_OVERHEAD } from '../compressor.js';
import { compressZstdFrame } from './zstd-frame.js';

const TEXT = readFileSync(join(import.meta.dirname, '../bzip2/bzip2-block.ts'), 'utf8');

it('a frame has the bytes that it was made of, and equal bytes give equal frames', async () => {
  const bytes = Buffer.from(TEXT);
  const [one, other] = await Promise.all([
    compressZstdFrame(bytes, 3),
    compressZstdFrame(bytes, 3),
  ]);
  expect(detectCompression(one)).toBe('zstd');
  expect(Buffer.from(one).equals(other)).toBe(true);
  expect(await collect(unzstdInWasm(inChunks(one, 1000)))).toBe(TEXT);
});

it('a frame is smaller at a higher level, and may be of nothing', async () => {
  const bytes = Buffer.from(TEXT);
  const [fast, small] = [await compressZstdFrame(bytes, 1), await compressZstdFrame(bytes, 19)];
  expect(small.byteLength).toBeLessThan(fast.byteLength);
  const empty = await compressZstdFrame(new Uint8Array(0), 3);
  expect(detectCompression(empty)).toBe('zstd');
  expect(await collect(unzstdInWasm(inChunks(empty, 1000)))).toBe('');
});

it('a frame is no larger than its block and the overhead, whatever was compressed before', async () => {
  const before = await compressZstdFrame(Buffer.from(TEXT), 3);
  const block = randomBytes(1024 * 1024);
  const frame = await compressZstdFrame(block, 19);
  expect(frame.byteLength).toBeLessThanOrEqual(block.byteLength + FRAME_OVERHEAD);
  expect(Buffer.from(await compressZstdFrame(Buffer.from(TEXT), 3)).equals(before)).toBe(true);
});
