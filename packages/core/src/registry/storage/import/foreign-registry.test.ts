import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { foreignLayoutOf, layoutsBelow } from './foreign-registry.js';

async function folderWith(...files: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '{}');
  }
  return root;
}

it.each([
  ['an OCI layout', ['oci-layout', 'index.json']],
  ['docker-registry', ['docker/registry/v2/blobs/x']],
  ['zot', ['team/app/oci-layout']],
  [undefined, ['repositories/team/app/x', 'blobs/x']],
  // A registry of Stowage stays one, whatever else is in its folder.
  [undefined, ['repositories/team/app/x', 'team/app/oci-layout']],
  [undefined, ['notes.txt']],
  [undefined, []],
])('a folder is that of %s with %j', async (expected, files) => {
  expect(await foreignLayoutOf(await folderWith(...files))).toBe(expected);
});

it('a folder that is not there is of no registry', async () => {
  expect(await foreignLayoutOf(join(await temporaryFolder(), 'absent'))).toBeUndefined();
});

describe('the layouts of zot', () => {
  const found = async (root: string) => {
    const all: string[] = [];
    for await (const path of layoutsBelow(root)) all.push(path);
    return all.sort();
  };

  it('are found in each other, but not in blobs', async () => {
    const root = await folderWith(
      ...['a/oci-layout', 'a/b/oci-layout', 'a/blobs/x/oci-layout', 'c/d/e/oci-layout'],
    );
    expect(await found(root)).toEqual(['a', 'a/b', 'c/d/e']);
  });

  it('are not looked for behind links, nor more than some folders deep', async () => {
    const root = await folderWith('1/2/3/4/5/6/7/8/9/oci-layout', '1/2/3/4/5/6/7/8/oci-layout');
    const other = await folderWith('x/oci-layout');
    await symlink(other, join(root, 'linked'));
    expect(await found(root)).toEqual(['1/2/3/4/5/6/7/8', '1/2/3/4/5/6/7/8/9'].slice(0, 2));
  });
});
