import { ImageError } from '../../errors.js';
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

/** Computes the key of every definition. No request is sent. */
export async function checkoutKeys(
  workspace: Workspace,
  definitions: readonly FoundDefinition[],
  options: VerbOptions,
): Promise<CheckoutKeys> {
  const keys = new Set<string>();
  const unsure = new Set<string>();
  for (const found of definitions) {
    const { name } = found.definition;
    try {
      await using recipe = await openRecipe(workspace, found, { ...options, cwd: workspace.root });
      keys.add(recipe.inputs);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      unsure.add(name);
      options.onEvent?.({
        type: 'notice',
        text: `${name}: all its images are kept: ${error.message}`,
      });
    }
  }
  return { keys, unsure };
}
