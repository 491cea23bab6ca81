import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { isBelow } from './inside.js';
import { requireFolderBelow, requireFoldersBelow } from './own-folder.js';

describe('a folder below another', () => {
  it.each([
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/a/..b', true],
    ['/a', '/ab', false],
    ['/a', '/', false],
    ['/a', '/a/../b', false],
  ])('%s contains %s: %j', (folder, path, expected) => {
    expect(isBelow(folder, path)).toBe(expected);
  });

  it.each([
    ['in', 'a', true],
    ['in', 'absent/a', true],
    ['in', 'inner', true],
    ['in', 'out', false],
    ['in', 'out/b', false],
    ['in', 'dangling', false],
    ['in', 'a/../..', false],
    ['reached', 'a', true],
  ])('is accepted as %s/%s: %j', async (root, path, expected) => {
    const parent = await temporaryFolder();
    await mkdir(join(parent, 'in/a'), { recursive: true });
    await mkdir(join(parent, 'elsewhere'));
    await symlink('a', join(parent, 'in/inner'));
    await symlink(join(parent, 'elsewhere'), join(parent, 'in/out'));
    await symlink(join(parent, 'nowhere'), join(parent, 'in/dangling'));
    await symlink('in', join(parent, 'reached'));
    const checking = requireFolderBelow(join(parent, root), join(parent, root, path));
    if (expected) await checking;
    else await expect(checking).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('is searched for links that lead out, down to a depth', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'x');
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await symlink('/nonexistent', join(folder, 'a/file'));
    await requireFoldersBelow(root, folder, 3);
    await symlink('/', join(folder, 'a/b/out'));
    await requireFoldersBelow(root, folder, 2);
    await expect(requireFoldersBelow(root, folder, 3)).rejects.toThrow(
      /out: a symbolic link that leads out of/,
    );
  });
});
