import { ensureInEngine } from '../../build/put-into.js';
import type { EngineKind } from '../../engine/engine.js';
import type { Digest } from '../../oci/digest.js';
import { SharedSource } from '../../share/shared-source.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { openEngine, type Workspace } from '../workspace/workspace.js';
import { readBuilt } from './build-memory.js';
import {
  graphOf,
  makeTested,
  recordBuild,
  rememberBuild,
  withForce,
  type BuildOptions,
} from './make-tested.js';
import { openRecipe } from './recipe.js';
import { isBaseGone, withReadableBase } from './save-definition.js';
import { findForRecipe } from './share-image.js';

/** An image that was built, or found already built. */
export interface BuildResult {
  readonly name: string;
  readonly reference: string;
  /** Null in a dry run if the image would be built. */
  readonly imageId: Digest | null;
  /** Digest of the manifest or index; null like `imageId`. */
  readonly digest: Digest | null;
  readonly engine: EngineKind;
  /** `remote`: fetched from the share. */
  readonly action: 'built' | 'skipped' | 'remote';
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
  const forced = withForce(options);
  return await withReadableBase(workspace, found, forced, () =>
    buildOnce(workspace, found, forced),
  );
}

/** @returns `no-base` if the image has to be built and its base cannot be read */
async function buildOnce(
  workspace: Workspace,
  found: FoundDefinition,
  options: BuildOptions,
): Promise<BuildResult | 'no-base'> {
  await using recipe = await openRecipe(workspace, found, options);
  await using engine = await openEngine(workspace, options);
  const { name, reference } = recipe.definition;
  const common = { name, reference, engine: engine.kind };
  const known = options.force ? undefined : await readBuilt(workspace, recipe.inputs);
  const present = known && (await engine.inspect(reference, options));
  if (present && (present.id === known.digest || present.id === known.configDigest)) {
    return { ...common, imageId: present.id, digest: known.digest, action: 'skipped' };
  }
  const there = await findForRecipe(workspace, recipe, options);
  if (options.dryRun)
    return { ...common, imageId: null, digest: null, action: there ? 'remote' : 'built' };
  if (there) {
    const { entry, from } = there;
    const place = { repositories: [from], surroundings: workspace.surroundings };
    await using shared = new SharedSource({ ...entry.record, reference }, place);
    const { id } = await ensureInEngine(engine, shared, reference, options);
    await rememberBuild(workspace, recipe, entry.record);
    return { ...common, imageId: id, digest: entry.record.digest, action: 'remote' };
  }
  if (await isBaseGone(workspace, recipe, options)) return 'no-base';
  await using source = await makeTested(workspace, recipe, async () => engine, options);
  const graph = await graphOf(source, reference, options);
  const image = await ensureInEngine(engine, source, reference, options);
  await recordBuild(workspace, recipe, graph);
  return { ...common, imageId: image.id, digest: graph.root.digest, action: 'built' };
}
