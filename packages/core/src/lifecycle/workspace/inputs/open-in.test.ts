import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../testing/memory-store.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../../testing/workspace.js';
import { readRecord } from '../../../catalog/commit.js';
import { parseLocation } from '../../../location.js';
import type { Opened } from '../../../open.js';
import { openIn, requireOwnName } from './open-in.js';
import { archiveOf } from '../workspace.js';

async function saved() {
  const opened = await workspaceOf();
  await savePath(opened.workspace, BASE, opened.call);
  const path = archiveOf(opened.workspace, NAME);
  const record = await readRecord(path);
  if (!record) throw new Error('expected a record');
  return { ...opened, path, record };
}

describe('a location of a workspace', () => {
  it('is opened with its limits', async () => {
    const { workspace, cwd } = await saved();
    const { surroundings } = workspace;
    const location = await parseLocation(NAME, { cwd, surroundings });
    const limits = { ...workspace.limits, members: 1 };
    const engine = () => expect.unreachable();
    const opening = openIn({ ...workspace, limits }, location, { cwd, engine });
    await expect(opening).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('whose record has the name of another image is a CONFLICT, and is closed', async () => {
    const { workspace, path, record } = await saved();
    let closed = 0;
    const source = Object.assign(new MemoryStore(), {
      [Symbol.asyncDispose]: async () => void closed++,
    });
    const opened: Opened = {
      source,
      kind: 'oci-archive',
      compression: 'none',
      notices: [],
      path,
      record,
    };
    expect(await requireOwnName(Promise.resolve(opened), workspace.root)).toBe(opened);
    const reference = 'docker.io/library/other-debian-12-base:latest';
    const other = { ...opened, record: { ...record, reference } };
    await expect(requireOwnName(Promise.resolve(other), workspace.root)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(closed).toBe(1);
  });
});
