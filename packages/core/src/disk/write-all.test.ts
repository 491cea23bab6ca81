import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { withEarlySyncs, writeAll, writeAt } from './write-all.js';

const MIB = 1024 * 1024;

it('content is written at its place, whatever the order, and only there', async () => {
  const path = join(await temporaryFolder(), 'x');
  await using file = await open(path, 'w');
  const written: number[] = [];
  const onWritten = (bytes: number) => written.push(bytes);
  const chunk = (letter: string, size: number) => [Buffer.alloc(size, letter)];
  await Promise.all([
    writeAt({ file, path, offset: 2 * MIB + 3 }, chunk('b', 10), { onWritten }),
    writeAt({ file, path, offset: 1 }, [...chunk('a', MIB), ...chunk('c', MIB)], { onWritten }),
  ]);
  const bytes = await readFile(path);
  expect(bytes.length).toBe(2 * MIB + 13);
  expect(bytes.subarray(0, 2).toString()).toBe('\0a');
  expect(bytes.subarray(2 * MIB - 1).toString()).toBe('cc\0\0bbbbbbbbbb');
  expect(written.sort()).toEqual([10, MIB, MIB]);
});

it('a write fails when an early sync failed, as a later one may not report that again', async () => {
  const path = join(await temporaryFolder(), 'x');
  await using file = await open(path, 'w');
  file.datasync = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  const chunks = Array.from({ length: 40 }, () => Buffer.alloc(MIB));
  await expect(writeAll(file, chunks, path)).rejects.toMatchObject({ code: 'NO_SPACE' });
  const failed = withEarlySyncs(file, path, async (onWritten) => onWritten(40 * MIB));
  await expect(failed).rejects.toMatchObject({ code: 'NO_SPACE', location: path });
});

it('small chunks are written together, and what one call has not written by further ones', async () => {
  const path = join(await temporaryFolder(), 'x');
  await using file = await open(path, 'w');
  const writev = file.writev.bind(file);
  let calls = 0;
  file.writev = ((buffers: Uint8Array[], position?: number) => {
    calls++;
    const [first = new Uint8Array(0), second = new Uint8Array(0)] = buffers;
    return writev([first, second.subarray(0, 2)], position);
  }) as typeof file.writev;
  const chunks = ['abc', 'defg', 'hi'].map((text) => Buffer.from(text));
  await writeAt({ file, path, offset: 1 }, chunks);
  expect(await readFile(path, 'utf8')).toBe('\0abcdefghi');
  await file.truncate(0);
  await writeAt(
    { file, path, offset: 0 },
    Array.from({ length: 100 }, () => Buffer.from('x')),
  );
  expect(await readFile(path, 'utf8')).toBe('x'.repeat(100));
  expect(calls).toBe(1);
});

it('a failed write of several chunks names the file', async () => {
  const path = join(await temporaryFolder(), 'x');
  await using file = await open(path, 'w');
  file.writev = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  const chunks = [Buffer.from('a'), Buffer.from('b')];
  await expect(writeAt({ file, path }, chunks)).rejects.toMatchObject({
    code: 'NO_SPACE',
    location: path,
  });
});
