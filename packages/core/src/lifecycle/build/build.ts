import { isDeepStrictEqual } from 'node:util';
import { makeImage } from '../../build/make.js';
import { putInto } from '../../build/put-into.js';
import { heal } from '../../catalog/commit.js';
import { lockPath, spoolFolder } from '../../catalog/file.js';
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
import { saveImage, savedAlready, type SaveResult, type SaveTarget } from '../save/save-image.js';
import { testImage } from './test-image.js';
import { archiveOf, openEngine, type Workspace } from '../workspace/workspace.js';

/** How an image is built. */
export interface BuildOptions extends VerbOptions, RecipeOptions {
  /** Build even if the image exists. */
  readonly force?: boolean | undefined;
}

/** An image that was built, or found already built. */
export interface BuildResult {
  readonly name: string;
  readonly reference: string;
  /** Null in a dry run, where only building would tell. */
  readonly imageId: Digest | null;
  readonly digest: Digest | null;
  readonly engine: EngineKind;
  readonly action: 'built' | 'skipped';
}

/**
 * Builds the image of a definition in an engine, unless it has one of the same inputs.
 *
 * @throws ImageError NOT_FOUND, USAGE, NAMING, UNAVAILABLE, INVALID (a step failed)
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
  await using source = await made(workspace, recipe, async () => engine, options);
  const graph = await graphOf(source, reference, options);
  const image = await putInto(engine, source, reference, options);
  await remember(workspace, recipe, graph);
  return { ...common, imageId: image.id, digest: graph.root.digest, action: 'built' };
}

/**
 * Makes the image of a definition and keeps it as an archive with record and catalog entry. Does nothing when
 * the archive holds the image of the same inputs; saves without building when the engine has it.
 *
 * @throws ImageError, as {@link build}; NO_SPACE
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
      if (!options.dryRun) await heal({ folder: workspace.place.folder, path: target.path });
      const known = options.force ? undefined : await readBuilt(workspace, recipe.inputs);
      const isIt = (record: ImageRecord) =>
        record.digest === known?.digest && sameFacts(record.facts, facts);
      const current = known && (await savedAlready(target, isIt));
      if (current) return current;
      if (options.dryRun)
        return { reference, archive: target.path, digest: null, size: null, action: 'saved' };
      let engine: Engine | undefined;
      try {
        const theEngine = async (): Promise<Engine> =>
          (engine ??= await openEngine(workspace, options));
        await using source =
          (await fromEngine(workspace, recipe, theEngine, options)) ??
          (await made(workspace, recipe, theEngine, options));
        const { origin: base } = recipe;
        const result = await saveImage(workspace, source, target, {
          ...options,
          facts,
          ...(base ? { base } : {}),
        });
        await remember(workspace, recipe, await graphOf(source, reference, options));
        return result;
      } finally {
        await engine?.[Symbol.asyncDispose]();
      }
    },
    options,
  );
}

function sameFacts(a: Facts, b: Facts): boolean {
  return isDeepStrictEqual([a.compilers, a.packages, a.tools], [b.compilers, b.packages, b.tools]);
}

/** What the engine built from the same inputs before, if it still has it. */
async function fromEngine(
  workspace: Workspace,
  { definition, inputs }: Recipe,
  theEngine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source | undefined> {
  const known =
    options.force || isDaemonless(definition) ? undefined : await readBuilt(workspace, inputs);
  if (!known) return undefined;
  const engine = await theEngine();
  const image = await engine.inspect(definition.reference, options);
  if (image?.id !== known.configDigest && image?.id !== known.digest) return undefined;
  return engine.source(definition.reference, {
    ...options,
    spoolFolder: spoolFolder(workspace.place),
  });
}

/** Makes the image and holds it to its tests. */
async function made(
  workspace: Workspace,
  recipe: Recipe,
  engine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source> {
  const { definition } = recipe;
  const how = isDaemonless(definition)
    ? 'building'
    : 'building with an engine; another build of the same inputs may give other bytes';
  options.onEvent?.({ type: 'step', subject: definition.name, text: how });
  if (!isDaemonless(definition)) await roomForContext(workspace, recipe, await engine(), options);
  const source = await makeImage(definition, {
    ...options,
    ...recipe,
    engine,
    spoolFolder: spoolFolder(workspace.place),
  });
  try {
    if (definition.test.length > 0) await testImage(source, recipe, await engine(), options);
    return source;
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the steps will write nobody can tell; the context, at least, comes twice: sent, and copied. */
async function roomForContext(
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

async function remember(workspace: Workspace, { inputs }: Recipe, graph: Graph): Promise<void> {
  const config = imagesOf(graph)[0]?.configDescriptor.digest;
  await writeBuilt(workspace, inputs, {
    digest: graph.root.digest,
    ...(config ? { configDigest: config } : {}),
  });
}
