import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { foldedName, ignoresCase } from './ignores-case.js';

it('a folder that has its name in the other case, too, ignores case', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'Out/1'), { recursive: true });
  for (const path of ['Out', 'Out/1', 'Out/new/1'])
    expect(await ignoresCase(join(folder, path))).toBe(false);
  // A file system that ignores case answers so; here a link does.
  await symlink('Out', join(folder, 'oUT'));
  for (const path of ['Out', 'Out/1', 'Out/new/1'])
    expect(await ignoresCase(join(folder, path))).toBe(true);
});

it('names that are one file there have one key', () => {
  expect(foldedName('Caf\u00e9')).toBe(foldedName('CAFE\u0301'));
  expect(foldedName('a')).not.toBe(foldedName('b'));
});
