import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, Registry } from '../../../testing/quirks/registry.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { verify } from '../inspect/verify.js';
import { readDefinition } from '../workspace/definitions.js';
import { archiveOf } from '../workspace/workspace.js';
import { archiveImage } from './archive-image.js';

async function machine(address: string) {
  const yaml = `share:\n  repository: ${address}/team/images\n  mode: read-write\n`;
  const made = await workspaceOf({ 'stowage.yaml': address === '' ? '' : yaml });
  const { workspace, call } = made;
  const archive = async () =>
    archiveImage(workspace, await readDefinition(workspace, BASE, call), call);
  return { ...made, archive, save: () => savePath(workspace, BASE, call) };
}

describe('the archive of an image', () => {
  it('is made from the share where only the record is here', async () => {
    const address = await listening(quirkyRegistry(new Registry(), { name: 'none' }));
    const [one, two] = [await machine(address), await machine(address)];
    const { digest } = await one.save();
    expect(await two.save()).toMatchObject({ action: 'remote', size: null });
    expect(await two.archive()).toMatchObject({ action: 'saved', digest });
    expect(await verify(two.workspace, [NAME], two.call)).toMatchObject([{ ok: true }]);
    expect(await two.archive()).toMatchObject({ action: 'skipped', digest });
  });

  it('is left alone where it is, and saved where it has no record', async () => {
    const { archive, workspace } = await machine('');
    const saved = await archive();
    expect(saved.action).toBe('saved');
    expect(await archive()).toEqual({ ...saved, action: 'skipped' });
    await rm(archiveOf(workspace, NAME));
    expect(await archive()).toEqual(saved);
  });
});
