import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { definitionFiles } from './definition-files.js';

it('finds image.yaml in folders of images, and no others', async () => {
  const root = await temporaryFolder();
  const there = [
    'images/a/image.yaml',
    'libs/x/images/b/image.yaml',
    'libs/images/images/image.yaml',
    'libs/images/images/c/image.yaml',
  ];
  const others = [
    'image.yaml',
    'images/image.yaml',
    'images/a/b/image.yaml',
    'images/.hidden/image.yaml',
    '.hidden/images/a/image.yaml',
    'node_modules/images/a/image.yaml',
    'images/dist/image.yaml',
    'images/d/image.lock.yaml',
    'images/e/image.yaml/x',
  ];
  for (const path of [...there, ...others]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  await symlink(join(root, 'libs'), join(root, 'link'));
  expect(await definitionFiles(root)).toEqual(there.map((path) => join(root, path)).sort());
  expect(await definitionFiles(join(root, 'absent'))).toEqual([]);
});
