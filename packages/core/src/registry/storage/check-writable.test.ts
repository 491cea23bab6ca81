import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { partialFolder } from '../../store/paths.js';
import { checkWritable } from './check-writable.js';

it('a folder that can be written is created, and nothing is left in it', async () => {
  const root = join(await temporaryFolder(), 'registry');
  await checkWritable(root);
  expect(await readdir(partialFolder(root))).toEqual([]);
});

it('a file in the place of the folder is an error of the system', async () => {
  const root = join(await temporaryFolder(), 'registry');
  await writeFile(root, 'x');
  await expect(checkWritable(root)).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it('a link that leads out of the folder is INVALID', async () => {
  const [root, other] = [await temporaryFolder(), await temporaryFolder()];
  await mkdir(join(partialFolder(root), '..'), { recursive: true });
  await symlink(other, partialFolder(root));
  await expect(checkWritable(root)).rejects.toMatchObject({ code: 'INVALID' });
  expect(await readdir(other)).toEqual([]);
});
