import { arch } from 'node:os';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.js';
import { readBuilt } from '../build/build-memory.js';
import { openRecipe } from '../build/recipe.js';
import type { VerbOptions } from '../workspace/call.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import type { Workspace } from '../workspace/workspace.js';

/** The keys of the images that this checkout makes. */
export interface CheckoutKeys {
  readonly keys: ReadonlySet<string>;
  /** Names of images whose key is not known, because an input is missing: all their entries are kept. */
  readonly unsure: ReadonlySet<string>;
}

/** Platforms of machines that use one checkout; a definition without platforms is made for that of the machine. */
const MACHINES: readonly Platform[] = [
  ...new Map(
    ['amd64', 'arm64', arch()]
      .map((each) => parsePlatform(`linux/${each}`))
      .map((platform) => [formatPlatform(platform), platform] as const),
  ).values(),
];

/** The recipe of an image, as far as the keys need it. */
interface KnownRecipe {
  readonly keys: readonly string[];
  readonly base: string;
  /** Digest of the base as it is here. */
  readonly baseDigest: Digest | undefined;
  /** Digest of the image that was made of these inputs here, if one was. */
  readonly made: Digest | undefined;
}

/** Computes the key of every definition, for the platforms of all machines. No request is sent. */
export async function checkoutKeys(
  workspace: Workspace,
  definitions: readonly FoundDefinition[],
  options: VerbOptions,
): Promise<CheckoutKeys> {
  const recipes = new Map<string, KnownRecipe>();
  const unsure = new Set<string>();
  const addUnsure = (name: string, why: string): void => {
    unsure.add(name);
    options.onEvent?.({
      type: 'notice',
      text: `${name}: all its images in the share are kept, because ${why}`,
    });
  };
  for (const found of definitions) {
    const { name } = found.definition;
    try {
      recipes.set(name, await recipeOf(workspace, found, options));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      addUnsure(name, `its key is not known: ${error.message}`);
    }
  }
  // The base in this folder may be older than its definition, and the key another one then.
  for (const [name, { base, baseDigest }] of recipes)
    if (recipes.has(base) && recipes.get(base)?.made !== baseDigest)
      addUnsure(name, `its base ${base} is not up to date here`);
  for (let before = -1; before < unsure.size; ) {
    before = unsure.size;
    for (const [name, { base }] of recipes)
      if (unsure.has(base) && !unsure.has(name))
        addUnsure(name, `those of its base ${base} are, too`);
  }
  return { keys: new Set([...recipes.values()].flatMap(({ keys }) => keys)), unsure };
}

async function recipeOf(
  workspace: Workspace,
  found: FoundDefinition,
  options: VerbOptions,
): Promise<KnownRecipe> {
  const { base, platforms } = found.definition;
  const call = { ...options, cwd: workspace.root };
  const each = platforms.length > 0 ? [undefined] : MACHINES.map((platform) => [platform]);
  const keys: string[] = [];
  let baseDigest: Digest | undefined;
  let made: Digest | undefined;
  for (const machine of each) {
    await using recipe = await openRecipe(workspace, found, { ...call, platforms: machine });
    keys.push(recipe.inputs);
    baseDigest = recipe.origin?.digest;
    made = (await readBuilt(workspace, recipe.inputs))?.digest ?? made;
  }
  return { keys, base, baseDigest, made };
}
