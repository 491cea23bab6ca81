import { ImageError } from '../../errors.js';
import { referenceIn, type OpenOptions } from '../../open.js';
import { cacheFolder } from '../../store/cache-folder.js';
import type { Workspace } from '../workspace/workspace.js';

/** Returns the folder that caches images from registries for all workspaces of this user. */
export function sharedCache({
  surroundings: { env, home },
}: Pick<Workspace, 'surroundings'>): string {
  return cacheFolder(env, process.platform, home);
}

/**
 * Returns the cache folder for some inputs; undefined with `cache: false`, which is allowed only if all inputs are registry
 * references.
 *
 * @throws ImageError USAGE
 */
export async function cacheFor(
  workspace: Workspace,
  inputs: readonly string[],
  { cache = true, cwd }: { readonly cache?: boolean | undefined } & Pick<OpenOptions, 'cwd'>,
): Promise<string | undefined> {
  if (cache) return sharedCache(workspace);
  for (const input of inputs)
    if ((await referenceIn(input, { cwd })) === undefined)
      throw new ImageError(
        'USAGE',
        `${input}: expected a reference with --no-cache, got a location that is never cached`,
        { location: input, hint: 'Omit --no-cache: only images from registries are cached.' },
      );
  return undefined;
}
