import { relative } from 'node:path';
import { isBelow } from '../../disk/paths/inside.js';
import { outsideLinkError } from '../../disk/paths/own-folder.js';
import { realPath } from '../../disk/paths/real-path.js';
import { toSlashes } from '../../disk/paths/slashed.js';

/**
 * The path in the context to which a link leads; undefined if nothing is there.
 *
 * @throws ImageError INVALID (a path out of the context)
 */
export async function findTarget(folder: string, link: string): Promise<string | undefined> {
  const [home, real] = await Promise.all([realPath(folder), realPath(link)]);
  if (real === undefined) return undefined;
  if (home === undefined || !isBelow(home, real)) throw outsideLinkError(link, folder);
  return toSlashes(relative(home, real));
}
