import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CatalogPlace } from '../catalog/locate.js';
import { rename, rm } from '../disk/busy/retried.js';
import { inside } from '../disk/paths/inside.js';

/**
 * The archive of an image that the share did not take: `.stowage/unshared/<name>.tar`. It is an output of the Nx target, so
 * that Nx's cache carries the bytes exactly then.
 */
export function unsharedPath({ state }: Pick<CatalogPlace, 'state'>, name: string): string {
  return inside(state, 'unshared', `${name}.tar`);
}

/** Keeps an archive as unshared, as a hard link where the file system can. The caller holds the lock of the name. */
export async function keepUnshared(
  place: CatalogPlace,
  name: string,
  archive: string,
): Promise<void> {
  await linkOrCopy(archive, unsharedPath(place, name));
}

/** Deletes the unshared archive of an image: the share has it now. */
export async function dropUnshared(place: CatalogPlace, name: string): Promise<void> {
  await rm(unsharedPath(place, name), { force: true });
}

/** Gives a file a second name, in place of what has that name; copies it where that is not possible. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  await mkdir(dirname(to), { recursive: true });
  await rm(partial, { force: true });
  await link(from, partial).catch(() => copyFile(from, partial));
  await rename(partial, to);
}
