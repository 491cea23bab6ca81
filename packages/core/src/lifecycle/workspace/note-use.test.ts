import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../testing/memory-store.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { readCatalog } from '../../catalog/file.js';
import { readRecord } from '../../catalog/commit.js';
import type { Opened } from '../../open.js';
import { recordImageUse } from './note-use.js';
import { archiveOf } from './workspace.js';

async function saved() {
  const opened = await workspaceOf();
  await savePath(opened.workspace, BASE, opened.call);
  const path = archiveOf(opened.workspace, NAME);
  const record = await readRecord(path);
  if (!record) throw new Error('expected a record');
  const at: Opened = {
    source: new MemoryStore(),
    kind: 'oci-archive',
    compression: 'none',
    notices: [],
    path,
    record,
  };
  const count = async () => (await readCatalog(opened.workspace.place))[0]?.usage_count;
  return { ...opened, at, count, before: (await count()) ?? 0 };
}

describe('the use of an image', () => {
  it('is recorded for an archive of the catalog', async () => {
    const { workspace, at, count, before } = await saved();
    await recordImageUse(workspace, at);
    expect(await count()).toBe(before + 1);
  });

  it('is not recorded for one elsewhere, or without a record', async () => {
    const { workspace, at, count, before } = await saved();
    const { record: _, ...unrecorded } = at;
    await recordImageUse(workspace, unrecorded);
    await recordImageUse(workspace, { ...at, path: `${workspace.place.folder}-other/x.tar` });
    expect(await count()).toBe(before);
  });

  it('that cannot be recorded is a notice', async () => {
    const { workspace, at, events, call, cwd } = await saved();
    const state = join(cwd, 'elsewhere');
    await mkdir(state);
    await symlink(join(cwd, 'target'), join(state, 'usage.0.jsonl'));
    const place = { ...workspace.place, sharedState: state };
    await recordImageUse({ ...workspace, place }, at, call);
    expect(events.at(-1)).toMatchObject({
      type: 'notice',
      text: expect.stringContaining(`the use of ${NAME} was not recorded`) as string,
    });
  });
});
