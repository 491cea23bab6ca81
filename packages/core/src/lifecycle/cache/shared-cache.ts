import { ImageError } from '../../errors.js';
import type { Location } from '../../location.js';
import { cacheFolder } from '../../store/cache-folder.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

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
export function cacheFor(
  workspace: Workspace,
  inputs: readonly Location[],
  { cache = true }: { readonly cache?: boolean | undefined },
): string | undefined {
  if (cache) return sharedCache(workspace);
  const other = inputs.find(({ kind }) => kind !== 'repository');
  if (other === undefined) return undefined;
  throw new ImageError(
    'USAGE',
    wording`${other.text}: ${option('cache', 'false')} is for references to registries, and this location is never cached`,
    {
      location: other.text,
      hint: wording`Omit ${option('cache', 'false')}: only images from registries are cached.`,
    },
  );
}
