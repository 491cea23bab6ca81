import { isDeepStrictEqual } from 'node:util';
import { healArchive, readRecord, recordPath } from '../../catalog/commit.js';
import { lockPath, spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import { isDaemonless, type Facts } from '../../definition/definition.js';
import { withLock } from '../../disk/lock.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { SharedSource } from '../../share/shared-source.js';
import type { Source } from '../../transfer/store.js';
import { findSavedImage, saveImage, type SaveResult, type SaveTarget } from '../save/save-image.js';
import { takeShared } from '../share/take-shared.js';
import { findDefinitions, type FoundDefinition } from '../workspace/definitions.js';
import { openRemote } from '../workspace/open-remote.js';
import { archiveOf, lazyEngine, type Workspace } from '../workspace/workspace.js';
import { readBuilt } from './build-memory.js';
import {
  graphOf,
  makeTested,
  recordBuild,
  rememberBuild,
  type BuildOptions,
} from './make-tested.js';
import { openRecipe, type Recipe } from './recipe.js';
import { findForRecipe, originOf, packForShare, settleWithShare } from './share-image.js';

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
  return await saveWhole(workspace, found, options);
}

/**
 * Sees to it that the image of a name can be read, where its record is here and its archive is not: if the share has it no
 * more, it is asked for the inputs of the definition, and without an answer the image is built here.
 *
 * @throws ImageError NOT_FOUND (no definition makes it), like {@link saveDefinition}
 */
export async function bringImage(
  workspace: Workspace,
  name: string,
  options: BuildOptions,
): Promise<void> {
  const remote = await openRemote(workspace, { kind: 'name', text: name });
  if (!remote) return;
  await using source = remote.source;
  const gone = await failureOf(source);
  if (!gone) return;
  const found = (await findDefinitions(workspace)).find(
    ({ definition }) => definition.name === name,
  );
  if (!found) throw gone;
  options.onEvent?.({ type: 'notice', text: `${gone.message}; making it here` });
  await saveWhole(workspace, found, { ...options, isRecordEnough: false });
}

/** Why an image of the share cannot be read now; undefined if it can. */
async function failureOf(source: Source): Promise<ImageError | undefined> {
  try {
    await source.resolve();
    return undefined;
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

interface SavingOptions extends BuildOptions {
  /** Whether a record without an archive counts as saved; it does when omitted. */
  readonly isRecordEnough?: boolean;
}

async function saveWhole(
  workspace: Workspace,
  found: FoundDefinition,
  options: SavingOptions,
): Promise<SaveResult> {
  const first = await saveOnce(workspace, found, options);
  if (first !== 'no-base') return first;
  await bringImage(workspace, found.definition.base, options);
  const saved = await saveOnce(workspace, found, options);
  if (saved !== 'no-base') return saved;
  throw new ImageError(
    'NOT_FOUND',
    `base ${found.definition.base}: expected it in the share, got none`,
    { location: found.definition.base },
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
      if (current) return current;
      const there = await findForRecipe(workspace, recipe, options);
      if (options.dryRun) return { ...planned(target), action: there ? 'remote' : 'saved' };
      if (there) {
        const { entry } = there;
        const result = await takeShared(workspace, target, { ...originOf(recipe), entry });
        await rememberBuild(workspace, recipe, entry.record);
        return result;
      }
      const base = recipe.base?.source;
      if (base instanceof SharedSource && (await failureOf(base))) return 'no-base';
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
