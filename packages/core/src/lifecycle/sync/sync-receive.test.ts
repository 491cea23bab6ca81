import { stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { syncedWorkspace } from '../../../testing/synced.js';
import { NAME, workspaceOf } from '../../../testing/workspace.js';
import { readRecord } from '../../catalog/commit.js';
import { list } from '../inspect/list.js';
import { openWorkspace } from '../workspace/workspace.js';
import { deleteArchive, receiveImage } from './sync-receive.js';
import { sendImage } from './sync-send.js';

/** A repository with one image, and another workspace that receives it. */
async function start(settings = '') {
  const one = await syncedWorkspace();
  await sendImage(one.shared, one.workspace.place, one.mine, false, one.call);
  const two = await workspaceOf({ 'stowage.yaml': settings });
  const receive = (options = {}, mine: typeof one.mine | undefined = undefined) =>
    receiveImage(two.workspace, one.shared, NAME, mine, { ...two.call, ...options });
  return { one, two, receive };
}

describe('an image that is received', () => {
  it('has the same record, and an entry in the catalog', async () => {
    const { one, two, receive } = await start();
    const { digest } = one.mine.record;
    const result = await receive();
    expect(result).toMatchObject({ name: NAME, action: 'received', digest });
    expect(result.bytes).toBeGreaterThan(0);
    expect(await list(two.workspace)).toMatchObject([{ name: NAME, digest, state: 'ok' }]);
  });

  it('is not received again, nor in a dry run', async () => {
    const { one, two, receive } = await start();
    expect(await receive({}, one.mine)).toMatchObject({ action: 'same', bytes: 0 });
    expect(await receive({ dryRun: true })).toMatchObject({ action: 'received', bytes: 0 });
    expect(await list(two.workspace)).toEqual([]);
  });

  it('is the one of its record, although its tag names another one now', async () => {
    const { one, receive } = await start();
    await one.pushImage('ci', NAME, 'another');
    expect(await receive()).toMatchObject({ digest: one.mine.record.digest });
  });

  it('whose record is gone is NOT_FOUND', async () => {
    const { one, receive } = await start();
    await one.ask('DELETE', `/v2/ci/manifests/${NAME}.record`);
    await expect(receive()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an archive that the registry lacks', () => {
  it('is deleted with its record, in a dry run it stays', async () => {
    const { one } = await start();
    const { workspace, mine, call } = one;
    const gone = { name: NAME, action: 'deleted', digest: null };
    expect(await deleteArchive(workspace, NAME, mine, { ...call, dryRun: true })).toMatchObject(
      gone,
    );
    expect((await stat(mine.path)).isFile()).toBe(true);
    expect(await deleteArchive(workspace, NAME, mine, call)).toMatchObject(gone);
    await expect(stat(mine.path)).rejects.toThrow('ENOENT');
    expect(await readRecord(mine.path)).toBeUndefined();
    expect(await list(workspace)).toEqual([]);
  });

  it('stays if it is pinned, or does not match its record', async () => {
    const { one } = await start();
    const { workspace, mine, call, cwd } = one;
    const kept = { action: 'kept' };
    expect(await deleteArchive(workspace, NAME, { ...mine, pinned: true }, call)).toMatchObject({
      ...kept,
      digest: mine.record.digest,
    });
    expect(await deleteArchive(workspace, NAME, undefined, call)).toMatchObject({
      ...kept,
      digest: null,
    });
    await writeFile(`${cwd}/stowage.yaml`, 'pins: ["app-*"]\n');
    const pinning = await openWorkspace(cwd);
    expect(await deleteArchive(pinning, NAME, mine, call)).toMatchObject(kept);
    expect((await stat(mine.path)).isFile()).toBe(true);
  });
});
