import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { removeEmptyFolders } from './empty-folders.js';

it('old folders without anything in them are removed, from the deepest up', async () => {
  const root = await temporaryFolder();
  const top = join(root, 'repositories');
  for (const folder of ['a/b/_uploads', 'kept/_manifests', 'full/_blobs', 'young/_uploads'])
    await mkdir(join(top, folder), { recursive: true });
  await writeFile(join(top, 'full/_blobs/x'), '');
  const future = Date.now() / 1000 + 1000;
  await utimes(join(top, 'young/_uploads'), future, future);
  await removeEmptyFolders(root, Date.now() + 500_000);
  expect((await readdir(top)).sort()).toEqual(['full', 'kept', 'young']);
  expect(await readdir(join(top, 'kept'))).toEqual(['_manifests']);
});

it('young folders stay, and a registry that was never written is no error', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'repositories/a/_uploads'), { recursive: true });
  await removeEmptyFolders(root, Date.now() - 500_000);
  expect(await readdir(join(root, 'repositories/a'))).toEqual(['_uploads']);
  await removeEmptyFolders(join(root, 'none'), Date.now());
});
