import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { makeFolders } from './make-folders.js';

it('creates what is missing, and returns the topmost folder of it', async () => {
  const folder = await temporaryFolder();
  expect(await makeFolders(join(folder, 'a/b/c'), 0o700)).toBe(join(folder, 'a'));
  expect(await makeFolders(join(folder, 'a/b/c'))).toBeUndefined();
  expect(await makeFolders(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
  expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o700);
});

it('may be called for one folder many times at once', async () => {
  const folder = await temporaryFolder();
  const paths = Array.from({ length: 50 }, (_, at) => join(folder, 'a/b', String(at % 5), 'c'));
  await Promise.all(paths.map((path) => makeFolders(path)));
  for (const path of paths) expect((await stat(path)).isDirectory()).toBe(true);
});

it('fails below a file', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(makeFolders(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(file, 'a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it.runIf(process.platform === 'linux')('ends where no folder can be created', async () => {
  await expect(makeFolders('/proc/nothing/a')).rejects.toMatchObject({ code: 'ENOENT' });
});
