import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { repositoriesIn, tagsIn } from './list-repositories.js';
import { linkFolder, tagLink } from './registry-paths.js';

async function registryWith(...folders: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const folder of folders)
    await mkdir(join(root, 'repositories', folder), { recursive: true });
  return root;
}

describe('the repositories of a registry', () => {
  it('are the folders with a folder of their own, at any depth', async () => {
    const root = await registryWith(
      'a/_manifests',
      'a/_tags',
      'a/b/c/_blobs',
      'empty',
      'd/!v/_blobs',
    );
    const found = await repositoriesIn(root);
    expect(found.map(({ name, has }) => [name, [...has].sort()])).toEqual(
      expect.arrayContaining([
        ['a', ['_manifests', '_tags']],
        ['a/b/c', ['_blobs']],
      ]),
    );
    // A folder that no repository can have is skipped.
    expect(found).toHaveLength(2);
  });

  it('of a registry that was never written are none', async () => {
    expect(await repositoriesIn(join(await temporaryFolder(), 'none'))).toEqual([]);
  });

  it('behind a symbolic link are refused, or skipped where asked', async () => {
    const root = await registryWith('a/_tags');
    await symlink(await registryWith('x/_tags'), join(root, 'repositories/link'));
    await expect(repositoriesIn(root)).rejects.toMatchObject({ code: 'INVALID' });
    expect((await repositoriesIn(root, { links: 'skip' })).map(({ name }) => name)).toEqual(['a']);
  });
});

describe('the tags of a repository', () => {
  it('have the names that they were given, also long ones, and no other files', async () => {
    const root = await temporaryFolder();
    const tags = ['1.0', 'V2-RC', 'A'.repeat(128)];
    for (const tag of tags) {
      await mkdir(join(tagLink(root, 'app', tag), '..'), { recursive: true });
      await writeFile(tagLink(root, 'app', tag), 'x');
    }
    await writeFile(join(linkFolder(root, 'app', '_tags'), '.x'), 'x');
    expect((await tagsIn(root, 'app')).sort()).toEqual([...tags].sort());
    expect(await tagsIn(root, 'other')).toEqual([]);
  });
});
