import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { decodeName, systemPath } from './byte-names.js';
import { realPath } from './real-path.js';

it('a path has no links in it; one that leads nowhere is none', async () => {
  const folder = (await realPath(await temporaryFolder())) ?? '';
  await mkdir(join(folder, 'a'));
  await symlink('a', join(folder, 'b'));
  await symlink('lost', join(folder, 'c'));
  expect(await realPath(join(folder, 'b', '.'))).toBe(join(folder, 'a'));
  expect(await realPath(join(folder, 'c'))).toBeUndefined();
  expect(await realPath(join(folder, 'absent'))).toBeUndefined();
});

it('a name that is not UTF-8 stays what it is', async () => {
  const folder = (await realPath(await temporaryFolder())) ?? '';
  const path = join(folder, decodeName(Buffer.from([0x61, 0xff])));
  await mkdir(systemPath(path));
  expect(await realPath(path)).toBe(path);
});
