import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { refuseLinks } from './links-below.js';

const INVALID = expect.objectContaining({ code: 'INVALID' }) as Error;

it('refuses a path with a symbolic link at any place below the folder', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'a/b'), { recursive: true });
  await symlink(await temporaryFolder(), join(folder, 'a/b/link'));
  await symlink('/nowhere', join(folder, 'a/dangling'));
  for (const path of ['a/b/link', 'a/b/link/x', 'a/b/link/x/y', 'a/dangling'])
    expect(() => refuseLinks(folder, join(folder, path)), path).toThrow(INVALID);
});

it('accepts real files, paths that do not exist, and a folder that is a link itself', async () => {
  const real = await temporaryFolder();
  await mkdir(join(real, 'a'));
  await writeFile(join(real, 'a/x'), '');
  const folder = join(await temporaryFolder(), 'link');
  await symlink(real, folder);
  for (const path of ['', 'a', 'a/x', 'none', 'none/x', 'a/x/y'])
    expect(() => refuseLinks(folder, join(folder, path)), path).not.toThrow();
});
