import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { heal, removeArchive } from '../../catalog/commit.js';
import { lockPath } from '../../catalog/file.js';
import { withLock } from '../../disk/lock.js';
import { isBelow } from '../../disk/inside.js';
import { requireFolderBelow } from '../../disk/own-folder.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { PruneDecision } from '../../policy/prune-model.js';
import type { VerbOptions } from '../workspace/call.js';
import { collectAfter, removeStored } from './prune-registry.js';
import { PARTIAL, type Prunable } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

export interface ApplyOptions extends VerbOptions {
  readonly store: Engine;
  readonly copies: Engine | undefined;
  readonly holding?: string | undefined;
  /** The folder of the registry. */
  readonly registryRoot: string;
  /** Plans again: what may go as things are now. */
  readonly look: () => Promise<ReadonlyMap<string, Prunable>>;
}

/** How old what was seen may be before the next deletion looks again (ms). */
const FRESH = 500;

/**
 * Deletes what a plan lets go, one after the other. What changed since it was planned, or is held by another
 * process, stays, and its decision says so.
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
    if (decision.action === 'delete' && Date.now() - at > FRESH) {
      seen = await options.look();
      at = Date.now();
    }
    const why =
      decision.action === 'keep'
        ? undefined
        : await removeUnlessChanged(workspace, item, seen, options);
    results.push(
      why === undefined ? decision : { ...decision, action: 'keep', rule: 'changed', reason: why },
    );
  }
  const gone = decided.flatMap(([, item], at) => (results[at]?.action === 'delete' ? [item] : []));
  await collectAfter(options.registryRoot, gone, options);
  return results;
}

/** Paths are unique within a kind. */
export function keyOf({ kind, path }: Pick<Prunable, 'kind' | 'path'>): string {
  return `${kind} ${path}`;
}

/** @returns why it stays */
async function removeUnlessChanged(
  workspace: Workspace,
  item: Prunable,
  seen: ReadonlyMap<string, Prunable>,
  options: ApplyOptions,
): Promise<string | undefined> {
  if (seen.get(keyOf(item))?.fingerprint !== item.fingerprint)
    return 'it changed, or was used, since the plan was made';
  try {
    const name = item.name.replace(/(?:\.tar|\.image\.json)?(?:\.partial)?$/, '');
    // A registry needs no lock: it is there for many at once.
    if (name === options.holding || item.kind === 'registry')
      await remove(workspace, item, options);
    else
      await withLock(lockPath(workspace.place, name), () => remove(workspace, item, options), {
        wait: 0,
      });
    return undefined;
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'CONFLICT') throw error;
    return 'another process, or a container, holds it';
  }
}

async function remove(
  { place }: Workspace,
  item: Prunable,
  { store, copies, registryRoot }: ApplyOptions,
): Promise<void> {
  if (item.kind === 'engine' || item.kind === 'store') {
    const engine = item.kind === 'store' ? store : copies;
    for (const target of item.targets) await engine?.remove(target).catch(unlessGone);
    return;
  }
  if (item.kind === 'registry') return removeStored(registryRoot, item);
  const [path = ''] = item.targets;
  // That is collected at the end, when more of it may have come.
  if (path === registryRoot) return;
  const { folder, state } = place;
  if (item.kind === 'archive') await removeArchive({ folder, path });
  else if (PARTIAL.test(path)) await heal({ folder, path: path.replace(PARTIAL, '.tar') });
  else await removeFile(isBelow(state, path) ? state : folder, path);
}

/** @throws ImageError INVALID when a link takes the file out of the folder */
async function removeFile(folder: string, path: string): Promise<void> {
  await requireFolderBelow(folder, dirname(path));
  await rm(path, { force: true });
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ImageError) || error.code !== 'NOT_FOUND') throw error;
}
