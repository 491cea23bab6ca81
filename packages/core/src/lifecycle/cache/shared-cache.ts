import { homedir } from 'node:os';
import { ImageError } from '../../errors.js';
import { referenceIn, type OpenOptions } from '../../open.js';
import { cacheFolder } from '../../store/cache-folder.js';

/** The folder that this user's workspaces share for images from registries. */
export function sharedCache(): string {
  return cacheFolder(process.env, process.platform, homedir());
}

/**
 * The cache for some inputs; none where the user wants none, which says something of references only.
 *
 * @throws ImageError USAGE
 */
export async function cacheFor(
  inputs: readonly string[],
  { cache = true, cwd }: { readonly cache?: boolean | undefined } & Pick<OpenOptions, 'cwd'>,
): Promise<string | undefined> {
  if (cache) return sharedCache();
  for (const input of inputs)
    if ((await referenceIn(input, { cwd })) === undefined)
      throw new ImageError(
        'USAGE',
        `${input}: expected a reference with --no-cache, got something that goes through no cache`,
        { location: input, hint: 'Leave --no-cache out: only images of registries are cached.' },
      );
  return undefined;
}
