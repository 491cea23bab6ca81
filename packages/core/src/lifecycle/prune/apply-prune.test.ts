import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { ensureInEngine } from '../../build/put-into.js';
import { lockPath } from '../../catalog/file.js';
import { holdLock, withLock } from '../../disk/lock.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { PruneDecision } from '../../policy/prune-model.js';
import { applyPrune, keyOf, type ApplyOptions } from './apply-prune.js';
import { fileState, type Prunable } from './prunable.js';

const OLD = 'images/app/old.tar';

/** A workspace with the archive `old.tar`, and a function that applies its deletion to what is there then. */
async function start(files: Readonly<Record<string, string>> = { [OLD]: 'x' }) {
  const { workspace, cwd } = await workspaceOf(files);
  const store = new EmbeddedEngine(join(cwd, '.stowage/store'), workspace.surroundings);
  const path = join(cwd, OLD);
  const item: Prunable = {
    ...{ name: 'old', path: 'app/old.tar', kind: 'archive', contents: [], volume: '' },
    ...{ pinned: false, inUse: false, targets: [path], fingerprint: 'then' },
  };
  const decide = (given: Prunable, action: PruneDecision['action'] = 'delete'): PruneDecision => {
    const { name, path: shown, kind } = given;
    return { name, path: shown, kind, action, rule: 'unused-for', reason: '', bytes: 1 };
  };
  const apply = (
    seen: readonly Prunable[],
    given: Prunable = item,
    { action, ...more }: Partial<ApplyOptions & Pick<PruneDecision, 'action'>> = {},
  ) =>
    applyPrune(workspace, [[decide(given, action), given]], {
      ...{ store, copies: undefined, registryRoot: join(cwd, 'registry') },
      replan: async () => new Map(seen.map((each) => [keyOf(each), each])),
      ...more,
    });
  const archives = () => readdir(join(cwd, 'images/app'));
  return { workspace, cwd, store, item, decide, apply, archives };
}

const KEPT = { action: 'keep', rule: 'changed' };

describe('an item to delete', () => {
  it('is deleted while it is as it was planned', async () => {
    const { apply, item, decide, archives } = await start();
    expect(await apply([item])).toEqual([decide(item)]);
    expect(await archives()).toEqual([]);
  });

  it('is kept when it is not to be deleted any more, or changed', async () => {
    const { apply, item, archives } = await start();
    expect(await apply([])).toMatchObject([KEPT]);
    expect(await apply([{ ...item, fingerprint: 'now' }])).toMatchObject([KEPT]);
    expect(await archives()).toEqual(['old.tar']);
  });

  it('is kept while another process holds its lock, but not while the caller does', async () => {
    const { apply, item, workspace, archives } = await start();
    const lock = lockPath(workspace.place, 'old');
    expect(await withLock(lock, () => apply([item]))).toMatchObject([KEPT]);
    expect(await archives()).toEqual(['old.tar']);
    const holding = { holding: 'old' };
    expect(await withLock(lock, () => apply([item], item, holding))).toMatchObject([
      { action: 'delete' },
    ]);
    expect(await archives()).toEqual([]);
  });

  it('is deleted when another process, such as a second prune, held its lock for a moment', async () => {
    const { item, workspace, cwd, archives, apply } = await start();
    const file = fileState(await stat(join(cwd, OLD)));
    const lock = await holdLock(lockPath(workspace.place, 'old'));
    const applied = apply([{ ...item, file }], { ...item, file });
    await setTimeout(200);
    await lock.release();
    expect(await applied).toMatchObject([{ action: 'delete' }]);
    expect(await archives()).toEqual([]);
  });

  it.each(['replaced', 'deleted'])(
    'is kept when the process that held its lock %s the file',
    async (how) => {
      const { item, workspace, cwd, archives, apply } = await start();
      const path = join(cwd, OLD);
      const file = fileState(await stat(path));
      const lock = await holdLock(lockPath(workspace.place, 'old'));
      const applied = apply([{ ...item, file }], { ...item, file });
      if (how === 'deleted') await rm(path);
      else await writeFile(path, 'a new archive');
      await lock.release();
      expect(await applied).toMatchObject([KEPT]);
      expect(await archives()).toEqual(how === 'deleted' ? [] : ['old.tar']);
    },
  );

  it('is kept without a new plan when it was to be kept', async () => {
    const { apply, item, decide, archives } = await start();
    const never = { action: 'keep', replan: () => expect.unreachable() } as const;
    expect(await apply([item], item, never)).toEqual([decide(item, 'keep')]);
    expect(await archives()).toEqual(['old.tar']);
  });

  it('stays when the caller gives up', async () => {
    const { apply, item, archives } = await start();
    await expect(apply([item], item, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await archives()).toEqual(['old.tar']);
  });
});

describe('what is deleted', () => {
  it('is an image of the store by each of its names; one that is gone is no error', async () => {
    const { apply, item, store } = await start();
    await ensureInEngine(store, await storeWith('app:1'), 'app:1');
    await store.tag('app:1', 'app:2');
    const image: Prunable = { ...item, kind: 'store', targets: ['app:1', 'app:2', 'app:3'] };
    await apply([image], image);
    expect(await store.list()).toEqual([]);
  });

  it('is a leftover beside its archive, which stays', async () => {
    const left = `${OLD}.partial`;
    const { apply, item, cwd, archives } = await start({ [OLD]: 'x', [left]: 'y' });
    const leftover: Prunable = { ...item, kind: 'leftover', targets: [join(cwd, left)] };
    expect(await apply([leftover], leftover)).toMatchObject([{ action: 'delete' }]);
    expect(await archives()).toEqual(['old.tar']);
  });

  it('is never a file behind a link out of the folder', async () => {
    const { apply, item, cwd } = await start();
    const other = await temporaryFolder();
    await mkdir(join(other, 'below'));
    await writeFile(join(other, 'below/x.0123456789ab.partial'), 'x');
    await symlink(join(other, 'below'), join(cwd, 'images/app/linked'));
    const target = join(cwd, 'images/app/linked/x.0123456789ab.partial');
    const leftover: Prunable = { ...item, kind: 'leftover', targets: [target] };
    await expect(apply([leftover], leftover)).rejects.toMatchObject({ code: 'INVALID' });
    expect(await readdir(join(other, 'below'))).toHaveLength(1);
  });
});
