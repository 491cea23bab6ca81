import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { copyImages } from '../copy/copy-images.js';
import { importRegistry } from './import-registry.js';

/** A workspace with the OCI layout `layout`. */
async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  await savePath(workspace, BASE, call);
  const stdout = () => Promise.reject(new Error('to a folder'));
  await copyImages(workspace, NAME, 'oci:layout', { ...call, stdout });
  const run = (folder: string, root?: string) =>
    importRegistry(workspace, folder, { ...call, root });
  return { cwd, run };
}

describe('an import', () => {
  it('fills the folder of the registry, which is below the workspace if none is given', async () => {
    const { cwd, run } = await start();
    expect(await run('layout')).toMatchObject({ repositories: 1, tags: 1, skipped: [] });
    expect(await run('layout', 'mine')).toMatchObject({ repositories: 1, tags: 1 });
    for (const root of ['.stowage/registry', 'mine'])
      expect(await new RegistryStore(join(cwd, root)).tags(`library/${NAME}`)).toEqual(['latest']);
  });

  it('changes nothing in the other folder', async () => {
    const { cwd, run } = await start();
    const before = await readdir(join(cwd, 'layout'), { recursive: true });
    await run('layout');
    expect(await readdir(join(cwd, 'layout'), { recursive: true })).toEqual(before);
  });

  it.each([
    ['absent', undefined, 'NOT_FOUND'],
    ['images', undefined, 'NOT_FOUND'],
    ['layout', 'layout', 'USAGE'],
  ])('of %s to %s is %s', async (folder, root, code) => {
    const { run } = await start();
    await expect(run(folder, root)).rejects.toMatchObject({ code });
  });
});
