import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { statIfExists } from '../../disk/allocated.js';
import { archiveOf } from '../workspace/workspace.js';
import { makeRoom } from './make-room.js';

const TOO_MUCH = Number.MAX_SAFE_INTEGER / 2;

describe('room for what will be written', () => {
  it('is there, and nothing is done', async () => {
    const { workspace, call, cwd, events } = await workspaceOf();
    await makeRoom(workspace, [], call);
    await makeRoom(workspace, [{ path: `${cwd}/new`, bytes: 1 }], call);
    expect(events).toEqual([]);
  });

  it('that is missing is NO_SPACE, and nothing is deleted without rules', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await savePath(workspace, BASE, call);
    const needs = [{ path: cwd, bytes: TOO_MUCH }];
    await expect(makeRoom(workspace, needs, call)).rejects.toMatchObject({
      code: 'NO_SPACE',
      hint: expect.stringContaining('add prune: rules') as string,
    });
    expect(await statIfExists(archiveOf(workspace, NAME))).toBeDefined();
  });

  it('is made by the rules of the settings, if that is enough', async () => {
    const { workspace, call, cwd, events } = await workspaceOf({
      'stowage.yaml': 'prune: { keep_newest: 1 }\n',
    });
    const needs = [{ path: cwd, bytes: TOO_MUCH }];
    await expect(makeRoom(workspace, needs, call)).rejects.toMatchObject({
      code: 'NO_SPACE',
      hint: expect.stringContaining('allow no more deletions') as string,
    });
    expect(events).toContainEqual({ type: 'step', subject: 'prune', text: 'freeing space' });
  });

  it('is for all needs of one file system together', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    const half = { path: cwd, bytes: TOO_MUCH };
    await expect(makeRoom(workspace, [half, half], call)).rejects.toThrow(`${2 * TOO_MUCH}`);
  });
});
