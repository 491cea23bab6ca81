import { dirname } from 'node:path';
import { healArchive, readRecord, removeArchive } from '../../catalog/commit.js';
import { lockPath } from '../../catalog/file.js';
import { statIfExists } from '../../disk/allocated.js';
import { withLock } from '../../disk/lock.js';
import { removeLeftover } from '../../disk/leftover-files.js';
import { isBelow } from '../../disk/paths/inside.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { PruneDecision } from '../../policy/prune-model.js';
import { dropUnshared } from '../../share/unshared.js';
import type { VerbOptions } from '../workspace/call.js';
import { fileState, PARTIAL_FILE, type Prunable } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

export interface ApplyOptions extends VerbOptions {
  readonly store: Engine;
  readonly copies: Engine | undefined;
  readonly holding?: string | undefined;
  /** The folder of the registry. */
  readonly registryRoot: string;
  /** Plans again from the current state. @returns the items that may be deleted now, by {@link keyOf} */
  readonly replan: () => Promise<ReadonlyMap<string, Prunable>>;
}

/** A deletion makes a new plan if the last one is older than this (ms). */
const MAX_PLAN_AGE_MS = 500;
/** How long a deletion waits for a process that holds the name, such as another prune (ms). */
const MAX_WAIT_MS = 2000;
/** Why an item is kept that is not as it was planned. */
const CHANGED = 'it changed or was used since the plan was made';

/**
 * Deletes the items of a plan, one after the other. An item that changed since the plan was made, or that another process
 * holds, is kept, and its decision says so.
 */
export async function applyPrune(
  workspace: Workspace,
  decided: readonly (readonly [PruneDecision, Prunable])[],
  options: ApplyOptions,
): Promise<PruneDecision[]> {
  const results: PruneDecision[] = [];
  let seen: ReadonlyMap<string, Prunable> = new Map();
  let at = -Infinity;
  for (const [decision, item] of decided) {
    options.signal?.throwIfAborted();
    if (decision.action === 'delete' && performance.now() - at > MAX_PLAN_AGE_MS) {
      seen = await options.replan();
      at = performance.now();
    }
    const reason =
      decision.action === 'keep'
        ? undefined
        : await removeUnlessChanged(workspace, item, seen, options);
    results.push(
      reason === undefined ? decision : { ...decision, action: 'keep', rule: 'changed', reason },
    );
  }
  const gone = decided.flatMap(([, item], at) => (results[at]?.action === 'delete' ? [item] : []));
  const now = workspace.surroundings.now();
  const { collectDeleted } = await import('./prune-registry.js');
  await collectDeleted(options.registryRoot, gone, { now, signal: options.signal });
  return results;
}

/** Identifies an item; paths are unique within a kind. */
export function keyOf({ kind, path }: Pick<Prunable, 'kind' | 'path'>): string {
  return `${kind} ${path}`;
}

/** @returns the reason why it is kept; undefined when it was deleted */
async function removeUnlessChanged(
  workspace: Workspace,
  item: Prunable,
  seen: ReadonlyMap<string, Prunable>,
  options: ApplyOptions,
): Promise<string | undefined> {
  if (seen.get(keyOf(item))?.fingerprint !== item.fingerprint) return CHANGED;
  try {
    const name = item.name.replace(/(?:\.tar|\.image\.json)?(?:\.partial)?$/, '');
    const removeSame = async () => {
      // A process that held the name may have deleted the file, or put another one there.
      const info = item.file === undefined ? undefined : await statIfExists(item.targets[0] ?? '');
      if (item.file !== (info && fileState(info))) return CHANGED;
      await remove(workspace, item, options);
      return undefined;
    };
    // A registry needs no lock: it handles concurrent changes itself.
    if (name === options.holding || item.kind === 'registry') return await removeSame();
    const waiting = { wait: MAX_WAIT_MS, signal: options.signal };
    return await withLock(lockPath(workspace.place, name), removeSame, waiting);
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CONFLICT') throw error;
    return 'another process or a container uses it';
  }
}

async function remove(
  { root, place }: Workspace,
  item: Prunable,
  { store, copies, registryRoot }: ApplyOptions,
): Promise<void> {
  if (item.kind === 'engine' || item.kind === 'store') {
    const engine = item.kind === 'store' ? store : copies;
    for (const target of item.targets) await engine?.remove(target).catch(ignoreNotFound);
    return;
  }
  if (item.kind === 'registry') {
    const { removeStored } = await import('./prune-registry.js');
    return removeStored(registryRoot, item);
  }
  const [path = ''] = item.targets;
  // The registry's garbage is collected once, after all deletions (collectDeleted).
  if (path === registryRoot) return;
  const { folder, state } = place;
  if (item.kind === 'archive') {
    const record = await readRecord(path);
    await removeArchive({ place, path });
    // It is the same file under another name, which would keep the space.
    if (record?.name === item.name) await dropUnshared(place, item.name);
  } else if (PARTIAL_FILE.test(path))
    await healArchive({ place, path: path.replace(PARTIAL_FILE, '.tar') });
  else await removeFile([state, folder].find((each) => isBelow(each, path)) ?? root, path);
}

/** @throws ImageError INVALID when a symbolic link leads out of the folder; CONFLICT when a process is writing the file */
async function removeFile(folder: string, path: string): Promise<void> {
  await requireFolderBelow(folder, dirname(path));
  await removeLeftover(path, { wait: 0 });
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
}
