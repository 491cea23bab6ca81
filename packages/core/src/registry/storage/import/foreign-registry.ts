import { join } from 'node:path';
import { statIfExists } from '../../../disk/allocated.js';
import { readFolder } from '../../../disk/if-there.js';
import { LAYOUT_FILE } from '../../../oci/layout.js';
import { repositoriesFolder } from '../../../store/paths.js';

/** How another program keeps images in a folder. */
export type ForeignLayout = 'docker-registry' | 'zot' | 'an OCI layout';

/** The most components of a repository, and the most folders, that are looked at to find a layout of zot. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 10_000;

/** The folder of repositories and blobs below the root of docker-registry (CNCF distribution, filesystem driver). */
export const DISTRIBUTION_FOLDER = 'docker/registry/v2';

/**
 * Recognizes the folder of another registry: that of docker-registry, of zot (one OCI layout per repository), or one OCI
 * layout. Undefined for a registry of Stowage, and for any other folder.
 */
export async function foreignLayoutOf(root: string): Promise<ForeignLayout | undefined> {
  if (await statIfExists(join(root, LAYOUT_FILE))) return 'an OCI layout';
  if (await statIfExists(join(root, DISTRIBUTION_FOLDER))) return 'docker-registry';
  if (await statIfExists(repositoriesFolder(root))) return undefined;
  for await (const _ of layoutsBelow(root)) return 'zot';
  return undefined;
}

/** The OCI layouts in folders below a root, by their path from there. Symbolic links are not followed. */
export async function* layoutsBelow(root: string): AsyncGenerator<string, void, void> {
  const waiting = [''];
  for (let looked = 0; looked < MAX_FOLDERS; looked++) {
    const path = waiting.shift();
    if (path === undefined) return;
    const isLayout = path !== '' && (await statIfExists(join(root, path, LAYOUT_FILE)));
    if (isLayout) yield path;
    if (path.split('/').length > MAX_DEPTH) continue;
    // The blobs of a layout have no further layouts in them.
    for (const entry of await readFolder(join(root, path)))
      if (entry.isDirectory() && !(isLayout && entry.name === 'blobs'))
        waiting.push(path === '' ? entry.name : `${path}/${entry.name}`);
  }
}
