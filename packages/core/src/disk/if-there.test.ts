import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { ignoreMissing, namesIn, readIfExists, removeFile } from './if-there.js';

it('reads and removes a file, if there is one', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'x');
  await writeFile(path, 'content');
  for (const absent of [join(folder, 'none'), join(folder, 'none/x'), join(path, 'x')]) {
    expect(readIfExists(absent)).toBeUndefined();
    expect(await removeFile(absent)).toBe(false);
    expect(await ignoreMissing(() => readFile(absent))).toBeUndefined();
  }
  expect(readIfExists(path)?.toString()).toBe('content');
  expect(await removeFile(path)).toBe(true);
  expect(readIfExists(path)).toBeUndefined();
});

it('reads nothing through a symbolic link', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'x'), 'content');
  await symlink(join(folder, 'x'), join(folder, 'link'));
  expect(readIfExists(join(folder, 'link'))).toBeUndefined();
});

it('lists the names in a folder, if there is one, and refuses a link to a folder', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a/x'), '');
  await symlink(join(folder, 'a'), join(folder, 'link'));
  expect(await namesIn(folder, join(folder, 'a'))).toEqual(['x']);
  expect(await namesIn(folder, join(folder, 'none'))).toEqual([]);
  await expect(namesIn(folder, join(folder, 'link'))).rejects.toMatchObject({ code: 'INVALID' });
});

it('passes on any other error', async () => {
  const folder = await temporaryFolder();
  expect(() => readIfExists(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }) as Error);
  await expect(ignoreMissing(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
