import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillRegistry, putBlob } from '../../../testing/fill-registry.js';
import { storeWith } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { surroundingsOf } from '../../surroundings.js';
import { collectRegistry, scrubRegistry } from './maintain-registry.js';
import { registryFolder } from './registry-folder.js';

async function registry(root: string | undefined) {
  const { workspace, cwd } = await workspaceOf();
  const folder = registryFolder(workspace, { cwd, root });
  const store = new RegistryStore(folder);
  await fillRegistry(store, await storeWith('r.example/app:1'));
  const garbage = await putBlob(store, 'app', Buffer.from('garbage'));
  const now = () => Date.now() + 2 * 3_600_000;
  const later = { ...workspace, surroundings: surroundingsOf({ now }) };
  return { later, folder, garbage, cwd, options: { cwd, root } };
}

describe('the folder of a registry', () => {
  it('is in the workspace, or where it is said', async () => {
    const { later, cwd } = await registry(undefined);
    expect(registryFolder(later, { cwd })).toBe(join(later.place.state, 'registry'));
    expect(registryFolder(later, { cwd, root: 'x' })).toBe(join(cwd, 'x'));
    expect(registryFolder(later, { cwd, root: '/x' })).toBe('/x');
  });

  it.each([undefined, 'own'])('is collected and scrubbed: %s', async (root) => {
    const { later, options, garbage } = await registry(root);
    expect((await collectRegistry(later, { ...options, grace: '3h' })).blobs).toEqual([]);
    expect((await collectRegistry(later, { ...options, dryRun: true })).blobs).toEqual([
      garbage.digest,
    ]);
    expect((await collectRegistry(later, options)).blobs).toEqual([garbage.digest]);
    expect(await scrubRegistry(later, { ...options, rate: '1GB' })).toMatchObject({
      blobs: 4,
      damaged: [],
    });
  });

  it('that does not exist is NOT_FOUND', async () => {
    const { workspace, cwd } = await workspaceOf();
    const options = { cwd, root: 'none' };
    await expect(collectRegistry(workspace, options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(scrubRegistry(workspace, options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is kept by times and rates that can be read', async () => {
    const { later, options } = await registry(undefined);
    const usage = { code: 'USAGE' };
    await expect(collectRegistry(later, { ...options, grace: 'soon' })).rejects.toMatchObject(
      usage,
    );
    await expect(scrubRegistry(later, { ...options, rate: 'fast' })).rejects.toMatchObject(usage);
  });
});
