import { rm } from 'node:fs/promises';
import ms, { type StringValue } from 'ms';
import { recordPath } from '../catalog/commit.js';
import { archivePath, lockPath, readCatalog, updateCatalog } from '../catalog/file.js';
import type { CatalogEntry } from '../catalog/reconcile.js';
import { withLock } from '../disk/lock.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { isPinned } from '../policy/pins.js';
import {
  planPrune,
  type PruneDecision,
  type PruneItem,
  type PruneRules,
} from '../policy/plan-prune.js';
import type { VerbOptions } from './call.js';
import { openEngine, type Workspace } from './workspace.js';

export interface PruneOptions extends VerbOptions {
  /** Override the settings' rules; durations as `30d`. */
  readonly keepNewest?: number | undefined;
  readonly unusedFor?: string | undefined;
  readonly minAge?: string | undefined;
  /** Only archives of this project. */
  readonly project?: string | undefined;
  /** Only archives of this name. */
  readonly name?: string | undefined;
  readonly now?: number;
}

export interface PruneResult {
  readonly decisions: readonly PruneDecision[];
  readonly freedBytes: number;
  readonly shortfallBytes: number;
}

/**
 * Deletes archives that the rules let go; a dry run makes the same plan and stops there.
 *
 * @throws ImageError USAGE (a rule)
 */
export async function prune(workspace: Workspace, options: PruneOptions): Promise<PruneResult> {
  const entries = await readCatalog(workspace.place);
  const inUse = await imagesInUse(workspace, options);
  const items = entries.flatMap((entry) => itemOf(workspace, entry, inUse));
  const decisions = planPrune(items, rulesOf(workspace, options), options.now ?? Date.now()).filter(
    (decision) => isWanted(decision, options),
  );
  const going = decisions.filter(({ action }) => action === 'delete');
  if (!options.dryRun) for (const decision of going) await remove(workspace, decision);
  return {
    decisions,
    freedBytes: going.reduce((sum, { bytes }) => sum + bytes, 0),
    shortfallBytes: 0,
  };
}

function rulesOf({ settings }: Workspace, options: PruneOptions): PruneRules {
  const keepNewest = options.keepNewest ?? settings.prune.keepNewest;
  const unusedFor = options.unusedFor ?? settings.prune.unusedFor;
  const minAge = options.minAge ?? settings.prune.minAge;
  return {
    ...(keepNewest === undefined ? {} : { keepNewest }),
    ...(unusedFor === undefined ? {} : { unusedFor: duration(unusedFor, 'unused-for') }),
    ...(minAge === undefined ? {} : { minAge: duration(minAge, 'min-age') }),
  };
}

function duration(text: string, rule: string): number {
  const milliseconds = ms(text as StringValue);
  if (typeof milliseconds === 'number' && milliseconds >= 0) return milliseconds;
  throw new ImageError(
    'USAGE',
    `${rule}: expected a duration such as 30d or 12h, got ${JSON.stringify(text)}`,
  );
}

function isWanted({ name, path }: PruneDecision, options: PruneOptions): boolean {
  if (options.name !== undefined && name !== options.name) return false;
  return options.project === undefined || path.startsWith(`${options.project}/`);
}

/** Nothing to delete where there is no archive. */
function itemOf(
  { settings }: Workspace,
  entry: CatalogEntry,
  inUse: ReadonlySet<Digest>,
): PruneItem[] {
  if (entry.bytes === undefined) return [];
  const created = time(entry.created);
  const lastUsed = time(entry.last_used) ?? created;
  const { record } = entry;
  const digests = [record?.digest, record?.configDigest].filter((digest) => digest !== undefined);
  const item: PruneItem = {
    name: entry.name,
    path: entry.file,
    kind: 'archive',
    bytes: entry.bytes,
    pinned: entry.pinned === true || isPinned(entry.name, settings.pins),
    inUse: digests.some((digest) => inUse.has(digest)),
    ...(created === undefined ? {} : { created }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    ...(record ? { digest: record.digest } : {}),
    ...(record?.base ? { base: record.base.digest } : {}),
  };
  return [item];
}

function time(text: string | undefined): number | undefined {
  const parsed = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** No engine, no containers: that an archive may go does not hang on a daemon. */
async function imagesInUse(
  workspace: Workspace,
  options: PruneOptions,
): Promise<ReadonlySet<Digest>> {
  try {
    await using engine = await openEngine(workspace, options);
    return await engine.inUse(options);
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'UNAVAILABLE') throw error;
    options.onEvent?.({
      type: 'notice',
      text: 'no engine answers, so no container was asked what it uses',
    });
    return new Set();
  }
}

/** The archive first, so that no record ever describes what is not there any more for longer than a moment. */
async function remove(workspace: Workspace, { name, path }: PruneDecision): Promise<void> {
  const { place } = workspace;
  await withLock(lockPath(place, name), async () => {
    const archive = await archivePath(place, path);
    await rm(archive, { force: true });
    await rm(recordPath(archive), { force: true });
    await updateCatalog(place, { removeFiles: [path] });
  });
}
