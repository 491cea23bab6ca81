import { isDeepStrictEqual } from 'node:util';
import { healArchive, readRecord, recordPath } from '../../catalog/commit.js';
import { lockPath, spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import { isDaemonless, type Facts } from '../../definition/definition.js';
import { withLock } from '../../disk/lock.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { SharedSource } from '../../share/shared-source.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { sharedCache } from '../cache/shared-cache.js';
import { findSavedImage, saveImage, type SaveResult, type SaveTarget } from '../save/save-image.js';
import { cachedGraph } from '../share/cached-graph.js';
import { isInShare } from '../share/find-shared.js';
import { takeShared } from '../share/take-shared.js';
import { findDefinitions, type FoundDefinition } from '../workspace/definitions.js';
import { holdingOf } from '../workspace/inputs/holds-image.js';
import { openRemote } from '../workspace/inputs/open-remote.js';
import { packForShare } from '../save/pack-for-share.js';
import { archiveOf, lazyEngine, type Workspace } from '../workspace/workspace.js';
import { readBuilt } from './build-memory.js';
import {
  graphOf,
  makeTested,
  recordBuild,
  rememberBuild,
  withForce,
  type BuildOptions,
} from './make-tested.js';
import { openRecipe, type Recipe } from './recipe.js';
import { findForRecipe, offerAgain, originOf, settleWithShare } from './share-image.js';

/**
 * Builds the image of a definition and saves it as an archive with record and catalog entry. Does nothing if the archive
 * holds an image of the same inputs; saves without building if the engine has one. With a share, an image that it has for
 * these inputs is not built: its record is written, and there is no archive; an image that was built is published.
 *
 * @throws ImageError like {@link build}; NO_SPACE; UNAVAILABLE (the share is required)
 */
export async function saveDefinition(
  workspace: Workspace,
  found: FoundDefinition,
  options: BuildOptions,
): Promise<SaveResult> {
  return await saveWhole(workspace, found, withForce(options));
}

/** Other places than the share that may have an image. */
export interface BringOptions extends BuildOptions {
  /** Folder of the cache of registries. */
  readonly cache?: string | undefined;
  /** Whether an image is where it is wanted already; called with what the cache knows of it. */
  readonly isHeld?: ((graph: Graph) => Promise<boolean>) | undefined;
}

/**
 * Sees to it that the image of a name can be read, where its record is here and its archive is not: if neither the cache nor
 * the share has it, the share is asked for the inputs of the definition, and without an answer the image is built here.
 *
 * @throws ImageError NOT_FOUND (no definition makes it), like {@link saveDefinition}
 */
export async function bringImage(
  workspace: Workspace,
  name: string,
  { cache, isHeld, ...options }: BringOptions & Under,
): Promise<void> {
  const remote = await openRemote(workspace, { kind: 'name', text: name });
  if (!remote) return;
  const { digest, reference } = remote.record;
  const cached = cache === undefined ? undefined : await cachedGraph(cache, digest, options);
  if (cached && (cached.missing.length === 0 || (await isHeld?.(cached)) === true)) return;
  if (await isInShare(workspace, digest, options)) return;
  const missing = `${remote.source.location}: no image ${reference} (${digest})`;
  const found = (await findDefinitions(workspace)).find(
    ({ definition }) => definition.name === name,
  );
  if (!found)
    throw new ImageError('NOT_FOUND', missing, {
      location: remote.source.location,
      hint: 'It may have been pruned there, and no definition here makes it.',
    });
  options.onEvent?.({ type: 'notice', text: `${missing}; making it here` });
  await saveWhole(workspace, found, { ...options, isRecordEnough: false });
}

/** Names of images that are being made because they are built on one another. */
interface Under {
  readonly under?: readonly string[];
}

interface SavingOptions extends BuildOptions, Under {
  /** Whether a record without an archive counts as saved; it does when omitted. */
  readonly isRecordEnough?: boolean;
}

/**
 * Does some work with the recipe of a definition. If the work finds that the base cannot be read, the base is brought here
 * or to the share first.
 *
 * @param work returns `no-base` if the base cannot be read.
 */
export async function withReadableBase<T>(
  workspace: Workspace,
  { definition: { name, base } }: FoundDefinition,
  { under = [], ...options }: BuildOptions & Under,
  work: () => Promise<T | 'no-base'>,
): Promise<T> {
  const first = await work();
  if (first !== 'no-base') return first;
  if (!under.includes(name))
    await bringImage(workspace, base, { ...options, under: [...under, name] });
  const second = await work();
  if (second !== 'no-base') return second;
  throw new ImageError('NOT_FOUND', `base ${base}: it is not in the share`, {
    location: base,
  });
}

/** Whether the base of a recipe is only in the share, and neither the share nor the cache has it now. */
export async function isBaseGone(
  workspace: Workspace,
  { base, origin }: Recipe,
  options: BuildOptions,
): Promise<boolean> {
  if (!(base?.source instanceof SharedSource) || !origin) return false;
  const cached = await cachedGraph(sharedCache(workspace), origin.digest, options);
  if (cached?.missing.length === 0) return false;
  return !(await isInShare(workspace, origin.digest, options));
}

async function saveWhole(
  workspace: Workspace,
  found: FoundDefinition,
  options: SavingOptions,
): Promise<SaveResult> {
  return await withReadableBase(workspace, found, options, () =>
    saveOnce(workspace, found, options),
  );
}

/** @returns `no-base` if the image has to be built and its base cannot be read */
async function saveOnce(
  workspace: Workspace,
  found: FoundDefinition,
  { isRecordEnough = true, ...options }: SavingOptions,
): Promise<SaveResult | 'no-base'> {
  await using recipe = await openRecipe(workspace, found, options);
  const { facts } = recipe;
  const { name, reference, project } = recipe.definition;
  const target: SaveTarget = { name, reference, path: archiveOf(workspace, name, project) };
  const find = isRecordEnough ? findCurrent : findSavedImage;
  return await withLock(
    lockPath(workspace.place, name),
    async () => {
      if (!options.dryRun) await healArchive({ place: workspace.place, path: target.path });
      const known = options.force ? undefined : await readBuilt(workspace, recipe.inputs);
      const isCurrent = (record: ImageRecord) =>
        record.digest === known?.digest && sameFacts(record.facts, facts);
      const current = known && (await find(workspace, target, isCurrent));
      if (current) {
        if (!options.dryRun) await offerAgain(workspace, recipe, target, options);
        return current;
      }
      const there = await findForRecipe(workspace, recipe, options);
      if (options.dryRun) return { ...planned(target), action: there ? 'remote' : 'saved' };
      if (there) {
        const { entry } = there;
        const result = await takeShared(workspace, target, { ...originOf(recipe), entry });
        await rememberBuild(workspace, recipe, entry.record);
        return result;
      }
      if (await isBaseGone(workspace, recipe, options)) return 'no-base';
      return await makeAndSave(workspace, recipe, { ...options, target });
    },
    options,
  );
}

/** Makes the image, saves it, and offers it to the share. */
async function makeAndSave(
  workspace: Workspace,
  recipe: Recipe,
  { target, ...options }: BuildOptions & { readonly target: SaveTarget },
): Promise<SaveResult> {
  const { reference } = target;
  await using engine = lazyEngine(workspace, options);
  await using made =
    (await openBuilt(workspace, recipe, engine.get, options)) ??
    (await makeTested(workspace, recipe, engine.get, options));
  const { share } = workspace.settings;
  await using packed = share ? await packForShare(workspace, made, reference, options) : undefined;
  const source = packed?.source ?? made;
  const saved = await saveImage(workspace, source, target, { ...options, ...originOf(recipe) });
  await recordBuild(workspace, recipe, await graphOf(source, reference, options));
  if (!share) return saved;
  const settled = await settleWithShare(workspace, recipe, { ...options, target, saved });
  const record = settled.digest === saved.digest ? undefined : await readRecord(target.path);
  if (record) await rememberBuild(workspace, recipe, record);
  return settled;
}

/** An image that is saved here, or that the share has. */
async function findCurrent(
  workspace: Workspace,
  target: SaveTarget,
  isCurrent: (record: ImageRecord) => boolean,
): Promise<SaveResult | undefined> {
  const saved = await findSavedImage(workspace, target, isCurrent);
  if (saved || !workspace.settings.share) return saved;
  const record = await readRecord(target.path);
  if (!record || record.reference !== target.reference || !isCurrent(record)) return undefined;
  // A damaged archive is made anew.
  if ((await holdingOf(workspace.place, target.path, record)) === 'own') return undefined;
  return {
    ...planned(target),
    record: recordPath(target.path),
    digest: record.digest,
    action: 'skipped',
  };
}

function planned({ reference, path }: SaveTarget): SaveResult {
  return { reference, archive: path, digest: null, size: null, action: 'saved' };
}

function sameFacts(a: Facts, b: Facts): boolean {
  return isDeepStrictEqual([a.compilers, a.packages, a.tools], [b.compilers, b.packages, b.tools]);
}

/** Opens the image that the engine built from the same inputs before; undefined if it has it no more. */
async function openBuilt(
  workspace: Workspace,
  { definition, inputs }: Recipe,
  getEngine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source | undefined> {
  const known =
    options.force || isDaemonless(definition) ? undefined : await readBuilt(workspace, inputs);
  if (!known) return undefined;
  const engine = await getEngine();
  const image = await engine.inspect(definition.reference, options);
  if (image?.id !== known.configDigest && image?.id !== known.digest) return undefined;
  return engine.source(definition.reference, {
    ...options,
    spoolFolder: spoolFolder(workspace.place),
  });
}
