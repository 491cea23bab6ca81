import { isDaemonless, type Definition } from '../../definition/definition.js';
import { layersFolder, spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { Engine } from '../../engine/engine.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import { makeRoom } from '../prune/make-room.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { writeBuilt } from './build-memory.js';
import type { Recipe, RecipeOptions } from './recipe.js';
import { withStepPlace } from './step-place.js';
import { testImage } from './test-image.js';

/** Options for building an image. */
export interface BuildOptions extends VerbOptions, RecipeOptions {
  /** Build even if an image of the same inputs exists. */
  readonly force?: boolean | undefined;
  /** Run every step again, without the cache of the engine's builder; it includes `force`. */
  readonly noCache?: boolean | undefined;
  /** Ask registries for the base, and for all images that a Dockerfile names; it includes `force`. */
  readonly pull?: boolean | undefined;
}

/** The options with `force`, where another one includes it. */
export function withForce<T extends BuildOptions>(options: T): T {
  return options.noCache || options.pull ? { ...options, force: true } : options;
}

/** Makes the image and runs its tests. A failure of a step or a test has its line in the definition or in the Dockerfile. */
export function makeTested(
  workspace: Workspace,
  recipe: Recipe,
  engine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source> {
  return withStepPlace(recipe, () => make(workspace, recipe, engine, options));
}

async function make(
  workspace: Workspace,
  recipe: Recipe,
  engine: () => Promise<Engine>,
  options: BuildOptions,
): Promise<Source> {
  const { definition } = recipe;
  const text = isDaemonless(definition)
    ? 'building'
    : 'building with an engine; another build of the same inputs may give other bytes';
  // A secret that is missing stops the build before anything is done.
  const answers = isDaemonless(definition)
    ? undefined
    : await (await import('./secrets.js')).buildAnswers(workspace, recipe);
  options.onEvent?.({ type: 'step', subject: definition.name, text });
  for (const given of givenTo(definition))
    options.onEvent?.({ type: 'step', subject: definition.name, text: given });
  if (!isDaemonless(definition))
    await makeRoomForContext(workspace, recipe, await engine(), options);
  const { makeImage } = await import('../../build/make.js');
  const source = await makeImage(definition, {
    ...options,
    ...recipe,
    engine,
    answers,
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

/** What of this user steps of the build get, by name. */
function givenTo({ secrets = [], ssh = [] }: Definition): string[] {
  const named = secrets.map(
    ({ id, env, file }) => `${id} (${env === undefined ? file : `$${env}`})`,
  );
  return [
    ...(named.length === 0 ? [] : [`its steps may read the secrets ${named.join(', ')}`]),
    ...(ssh.length === 0 ? [] : ['its steps may use the keys of the SSH agent']),
  ];
}

/** Frees space for the context, which the engine stores twice: as received and in the image. Output of steps is unknown. */
async function makeRoomForContext(
  workspace: Workspace,
  { files, contexts }: Recipe,
  engine: Engine,
  options: BuildOptions,
): Promise<void> {
  const path = await engine.dataFolder();
  const all = [...files, ...[...contexts.values()].flat()];
  const bytes = 2 * all.reduce((sum, { size }) => sum + size, 0);
  if (path !== undefined)
    await makeRoom(workspace, [{ path, bytes }], { ...options, copies: true });
}

/** The graph of an image that was made. */
export async function graphOf(
  source: Source,
  reference: string,
  options: BuildOptions,
): Promise<Graph> {
  return walk(source, (await source.resolve(reference, options)).descriptor, options);
}

/** Remembers that these inputs made this image. */
export async function recordBuild(
  workspace: Workspace,
  recipe: Recipe,
  graph: Graph,
): Promise<void> {
  const configDigest = imagesOf(graph)[0]?.configDescriptor.digest;
  await rememberBuild(workspace, recipe, {
    digest: graph.root.digest,
    ...(configDigest ? { configDigest } : {}),
  });
}

/** Remembers that the image of these inputs is the one of a record. */
export async function rememberBuild(
  workspace: Workspace,
  { inputs }: Recipe,
  { digest, configDigest }: Pick<ImageRecord, 'digest' | 'configDigest'>,
): Promise<void> {
  await writeBuilt(workspace, inputs, { digest, ...(configDigest ? { configDigest } : {}) });
}
