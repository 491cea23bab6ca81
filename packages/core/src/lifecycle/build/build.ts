import { isDeepStrictEqual } from 'node:util';
import { ensureInEngine } from '../../build/put-into.js';
import { healArchive } from '../../catalog/commit.js';
import { layersFolder, lockPath, spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import { isDaemonless, type Facts } from '../../definition/definition.js';
import { withLock } from '../../disk/lock.js';
import type { Engine, EngineKind } from '../../engine/engine.js';
import type { Digest } from '../../oci/digest.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import { imagesOf } from '../../transfer/graph.js';
import type { Graph } from '../../transfer/graph.js';
import { readBuilt, writeBuilt } from './build-memory.js';
import type { VerbOptions } from '../workspace/call.js';
import { makeRoom } from '../prune/make-room.js';
import { openRecipe, type Recipe, type RecipeOptions } from './recipe.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { saveImage, findSavedImage, type SaveResult, type SaveTarget } from '../save/save-image.js';
import { testImage } from './test-image.js';
import { archiveOf, lazyEngine, openEngine, type Workspace } from '../workspace/workspace.js';

/** Options for building an image. */
export interface BuildOptions extends VerbOptions, RecipeOptions {
  /** Build even if an image of the same inputs exists. */
  readonly force?: boolean | undefined;
}

/** An image that was built, or found already built. */
export interface BuildResult {
  readonly name: string;
  readonly reference: string;
  /** Null in a dry run if the image would be built. */
  readonly imageId: Digest | null;
  /** Digest of the manifest or index; null like `imageId`. */
  readonly digest: Digest | null;
  readonly engine: EngineKind;
  readonly action: 'built' | 'skipped';
}

/**
 * Builds the image of a definition and puts it into the engine, unless the engine has an image of the same inputs.
 *
 * @throws ImageError NOT_FOUND, USAGE, NAMING, UNAVAILABLE, INVALID (a step or test failed)
 */
export async function build(
  workspace: Workspace,
  found: FoundDefinition,
  options: BuildOptions,
): Promise<BuildResult> {
  await using recipe = await openRecipe(workspace, found, options);
  await using engine = await openEngine(workspace, options);
  const { name, reference } = recipe.definition;
  const common = { name, reference, engine: engine.kind };
  const known = options.force ? undefined : await readBuilt(workspace, recipe.inputs);
  const present = known && (await engine.inspect(reference, options));
  if (present && (present.id === known.digest || present.id === known.configDigest)) {
    return { ...common, imageId: present.id, digest: known.digest, action: 'skipped' };
  }
  if (options.dryRun) return { ...common, imageId: null, digest: null, action: 'built' };
  await using source = await makeTested(workspace, recipe, async () => engine, options);
  const graph = await graphOf(source, reference, options);
  const image = await ensureInEngine(engine, source, reference, options);
  await recordBuild(workspace, recipe, graph);
  return { ...common, imageId: image.id, digest: graph.root.digest, action: 'built' };
}

/**
 * Builds the image of a definition and saves it as an archive with record and catalog entry. Does nothing if the archive
 * holds an image of the same inputs; saves without building if the engine has one.
 *
 * @throws ImageError like {@link build}; NO_SPACE
 */
export async function saveDefinition(
  workspace: Workspace,
  found: FoundDefinition,
  options: BuildOptions,
): Promise<SaveResult> {
  await using recipe = await openRecipe(workspace, found, options);
  const { facts } = recipe;
  const { name, reference, project } = recipe.definition;
  const target: SaveTarget = { name, reference, path: archiveOf(workspace, name, project) };
  return await withLock(
    lockPath(workspace.place, name),
    async () => {
      if (!options.dryRun) await healArchive({ place: workspace.place, path: target.path });
      const known = options.force ? undefined : await readBuilt(workspace, recipe.inputs);
      const isCurrent = (record: ImageRecord) =>
        record.digest === known?.digest && sameFacts(record.facts, facts);
      const current = known && (await findSavedImage(workspace, target, isCurrent));
      if (current) return current;
      if (options.dryRun)
        return { reference, archive: target.path, digest: null, size: null, action: 'saved' };
      await using engine = lazyEngine(workspace, options);
      await using source =
        (await openBuilt(workspace, recipe, engine.get, options)) ??
        (await makeTested(workspace, recipe, engine.get, options));
      const { origin: base } = recipe;
      const result = await saveImage(workspace, source, target, {
        ...options,
        facts,
        ...(base ? { base } : {}),
      });
      await recordBuild(workspace, recipe, await graphOf(source, reference, options));
      return result;
    },
    options,
  );
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

/** Makes the image and runs its tests. */
async function makeTested(
  workspace: Workspace,
  recipe: Recipe,
  engine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source> {
  const { definition } = recipe;
  const text = isDaemonless(definition)
    ? 'building'
    : 'building with an engine; another build of the same inputs may give other bytes';
  options.onEvent?.({ type: 'step', subject: definition.name, text });
  if (!isDaemonless(definition))
    await makeRoomForContext(workspace, recipe, await engine(), options);
  const { makeImage } = await import('../../build/make.js');
  const source = await makeImage(definition, {
    ...options,
    ...recipe,
    engine,
    spoolFolder: spoolFolder(workspace.place),
    layersFolder: layersFolder(workspace.place),
  });
  try {
    if (definition.test.length > 0) await testImage(source, recipe, await engine(), options);
    return source;
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** Frees space for the context, which the engine stores twice: as received and in the image. Output of steps is unknown. */
async function makeRoomForContext(
  workspace: Workspace,
  { files }: Recipe,
  engine: Engine,
  options: BuildOptions,
): Promise<void> {
  const path = await engine.dataFolder();
  const bytes = 2 * files.reduce((sum, { size }) => sum + size, 0);
  if (path !== undefined)
    await makeRoom(workspace, [{ path, bytes }], { ...options, copies: true });
}

async function graphOf(source: Source, reference: string, options: BuildOptions): Promise<Graph> {
  return walk(source, (await source.resolve(reference, options)).descriptor, options);
}

async function recordBuild(workspace: Workspace, { inputs }: Recipe, graph: Graph): Promise<void> {
  const config = imagesOf(graph)[0]?.configDescriptor.digest;
  await writeBuilt(workspace, inputs, {
    digest: graph.root.digest,
    ...(config ? { configDigest: config } : {}),
  });
}
