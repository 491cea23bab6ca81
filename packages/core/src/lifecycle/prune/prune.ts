import { join } from 'node:path';
import { fileSystemOf } from '../../disk/free-space.js';
import { EmbeddedEngine } from '../../engine/embedded.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { planPrune } from '../../policy/plan-prune.js';
import type {
  PruneDecision,
  PruneFacts,
  PrunePlan,
  Shortfall,
  Volume,
} from '../../policy/prune-model.js';
import { applyPrune, keyOf } from './apply-prune.js';
import type { VerbOptions } from '../workspace/call.js';
import { findDefinitions } from '../workspace/definitions.js';
import { refuseForeignLayout, registryFolder } from '../maintain/registry-folder.js';
import type { Need } from '../../disk/free-space.js';
import { pruneRules, type RuleOptions } from './prune-rules.js';
import { listInventory, type Inventory } from './prune-items.js';
import type { InventoryOptions, Prunable } from './prunable.js';
import { syncCatalog } from '../workspace/sync-catalog.js';
import { openEngine, type Workspace } from '../workspace/workspace.js';

/** Options for pruning; rules replace those of the settings. */
export interface PruneOptions extends VerbOptions, RuleOptions {
  /** Also prune copies of archives in the engine. */
  readonly copies?: boolean | undefined;
  /** Prune the images of the registry alone, and ask no engine. */
  readonly onlyRegistry?: boolean | undefined;
  /** Patterns of names to keep, besides those of the settings. */
  readonly keep?: readonly string[] | undefined;
  /** Folder of the registry; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
  /** `root` is relative to this; to the workspace when omitted. */
  readonly cwd?: string | undefined;
  /** Files that are about to be written and must fit. */
  readonly needs?: readonly Need[];
  /** An image name whose lock the caller holds. */
  readonly holding?: string | undefined;
}

/** The decisions, and the space they free. */
export interface PruneResult {
  readonly decisions: readonly PruneDecision[];
  readonly freedBytes: number;
  /** Bytes that are still missing to meet the bounds on space. */
  readonly shortfallBytes: number;
  readonly shortfalls: readonly Shortfall[];
}

/**
 * Deletes archives, images and leftovers by the rules; a dry run makes the same plan and deletes nothing.
 *
 * @throws ImageError USAGE (a rule), UNAVAILABLE (the engine whose copies are to be pruned)
 */
export async function prune(workspace: Workspace, options: PruneOptions): Promise<PruneResult> {
  await refuseForeignLayout(registryOf(workspace, options));
  await using engines = await openEngines(workspace, options);
  const definitions = options.onlyRegistry ? [] : await findDefinitions(workspace, options);
  const retention = new Map(
    definitions.map(({ definition }) => [definition.name, definition.retention]),
  );
  const planNow = () => makePlan(workspace, engines, { ...options, retention });
  const { plan, items } = await planNow();
  const decided = plan.decisions.flatMap((decision) => {
    const item = items.get(keyOf(decision));
    return item && decision.rule !== 'out-of-scope' ? [[decision, item] as const] : [];
  });
  const planned = decided.map(([decision]) => decision);
  if (options.dryRun) return resultOf(planned, planned, plan);
  const done = await applyPrune(workspace, decided, {
    ...options,
    ...engines,
    registryRoot: registryOf(workspace, options),
    replan: async () => {
      const now = await planNow();
      const deletions = now.plan.decisions.filter(({ action }) => action === 'delete');
      return new Map(
        deletions.flatMap((decision) => {
          const item = now.items.get(keyOf(decision));
          return item ? [[keyOf(decision), item] as const] : [];
        }),
      );
    },
  });
  if (!options.onlyRegistry) await syncCatalog(workspace);
  return resultOf(planned, done, plan);
}

interface Engines extends AsyncDisposable {
  readonly store: Engine;
  readonly copies: Engine | undefined;
  readonly inUse: () => Promise<ReadonlySet<Digest>>;
}

/** The folder of the registry, the same as for `stowage serve` and `stowage gc`. */
function registryOf(workspace: Workspace, { cwd = workspace.root, root }: PruneOptions): string {
  return registryFolder(workspace, { cwd, root });
}

async function makePlan(
  workspace: Workspace,
  { store, copies, inUse }: Engines,
  options: PruneOptions & Pick<InventoryOptions, 'retention'>,
): Promise<{ readonly plan: PrunePlan; readonly items: ReadonlyMap<string, Prunable> }> {
  const now = workspace.surroundings.now();
  const root = registryOf(workspace, options);
  const facts = {
    ...{ store, engine: copies, registryRoot: root, now },
    inUse: await inUse(),
    keep: options.keep ?? [],
    retention: options.retention,
  };
  const inventory = await (options.onlyRegistry ? registryOnly : listInventory)(workspace, facts);
  const home = await fileSystemOf(options.onlyRegistry ? root : workspace.place.folder);
  const settings = options.onlyRegistry ? { prune: {} } : workspace.settings;
  const rules = pruneRules(settings, options, home.total);
  const given: PruneFacts = {
    now,
    held: inventory.held,
    volumes: await volumesOf(workspace, inventory, options),
    isInScope: ({ name, project }) =>
      (options.name === undefined || options.name === name) &&
      (options.project === undefined || options.project === project),
  };
  return {
    plan: planPrune(inventory.items, rules, given),
    items: new Map(inventory.items.map((item) => [keyOf(item), item])),
  };
}

/** The images of the registry, whatever the workspace around it is. */
async function registryOnly(workspace: Workspace, options: InventoryOptions): Promise<Inventory> {
  const { registryItems } = await import('./prune-registry.js');
  const all = await registryItems(workspace, { ...options, known: new Map(), pins: options.keep });
  return { items: all.filter(({ kind }) => kind === 'registry'), held: new Set() };
}

/** The file systems of the items and of the files about to be written; that of the archives first. */
async function volumesOf(
  workspace: Workspace,
  { items }: Inventory,
  options: PruneOptions,
): Promise<Volume[]> {
  const { place } = workspace;
  const { needs = [] } = options;
  const volumes = new Map<string, Volume>();
  const note = async (path: string, bytes: number) => {
    const { id, free } = await fileSystemOf(path);
    const before = volumes.get(id) ?? { id, free, path, wanted: 0 };
    volumes.set(id, { ...before, wanted: (before.wanted ?? 0) + bytes });
  };
  const files = items.flatMap(({ kind, targets }) =>
    kind === 'archive' || kind === 'leftover' ? targets : [],
  );
  const root = registryOf(workspace, options);
  const folders = options.onlyRegistry ? [root] : [place.folder, join(place.state, 'store'), root];
  for (const path of [...folders, ...files]) await note(path, 0);
  for (const { path, bytes } of needs) await note(path, bytes);
  return [...volumes.values()];
}

async function openEngines(workspace: Workspace, options: PruneOptions): Promise<Engines> {
  const store = new EmbeddedEngine(join(workspace.place.state, 'store'), workspace.surroundings);
  const engine = options.onlyRegistry ? undefined : await engineOf(workspace, options);
  const copies = options.copies && engine?.kind !== 'embedded' ? engine : undefined;
  return {
    store,
    copies,
    inUse: async () => (engine ? engine.inUse(options) : new Set()),
    [Symbol.asyncDispose]: async () => engine?.[Symbol.asyncDispose](),
  };
}

/** Without an engine no container uses an image; archives can still be pruned. */
async function engineOf(workspace: Workspace, options: PruneOptions): Promise<Engine | undefined> {
  try {
    return await openEngine(workspace, options);
  } catch (error) {
    const isAbsent = error instanceof ImageError && error.code === 'UNAVAILABLE';
    if (!isAbsent || options.copies) throw error;
    options.onEvent?.({
      type: 'notice',
      text: 'no engine is available, so images used by containers are not known',
    });
    return undefined;
  }
}

/** Planned deletions that did not happen are added to the space shortfall. */
function resultOf(
  planned: readonly PruneDecision[],
  done: readonly PruneDecision[],
  { shortfalls }: PrunePlan,
): PruneResult {
  const sum = (decisions: readonly PruneDecision[]) =>
    decisions.reduce((bytes, each) => bytes + (each.action === 'delete' ? each.bytes : 0), 0);
  const stopped = planned.filter(
    ({ rule, action }, at) =>
      action !== done[at]?.action && (rule === 'max-used' || rule === 'min-free'),
  );
  const missing = shortfalls.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return {
    decisions: done,
    freedBytes: sum(done),
    shortfallBytes: missing + sum(stopped),
    shortfalls,
  };
}
