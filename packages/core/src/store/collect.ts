import { join } from 'node:path';
import { allocatedBytesOf, statIfExists } from '../disk/allocated.js';
import { rm } from '../disk/busy/retried.js';
import { ALGORITHMS, type Digest } from '../oci/digest.js';
import type { Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { namesIn } from '../disk/if-there.js';
import { blobFolder, digestOfBlobFile, partialFolder } from './paths.js';

/** Default grace (ms): content younger than this may belong to an image that is still being written. */
export const DEFAULT_GRACE_MS = 10 * 60 * 1000;

export interface CollectOptions {
  readonly grace?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Garbage {
  readonly path: string;
  /** Allocated on disk. */
  readonly bytes: number;
}

/**
 * Deletes content that no image references, and temporary files of dead processes (mark and sweep). Files that were
 * written or marked as in use within the last `grace` ms are kept.
 *
 * @returns the number of bytes freed
 */
export async function collect(
  store: Source,
  root: string,
  { grace = DEFAULT_GRACE_MS, now }: CollectOptions,
): Promise<number> {
  let freed = 0;
  for (const { path } of await findGarbage(store, root, { grace, now })) {
    // Check its age again: another process may have marked it as in use since.
    for (const { bytes } of await oldFile(path, now - grace)) {
      await rm(path, { force: true });
      freed += bytes;
    }
  }
  return freed;
}

/** Lists the files that {@link collect} would delete. */
export async function findGarbage(
  store: Source,
  root: string,
  { grace = DEFAULT_GRACE_MS, now }: CollectOptions,
): Promise<Garbage[]> {
  const marked = new Set<Digest>();
  for await (const { descriptor } of store.list()) {
    for (const node of (await walk(store, descriptor, { missing: 'report' })).nodes)
      marked.add(node.digest);
  }
  const found: Garbage[] = [];
  for (const algorithm of ALGORITHMS) {
    const folder = blobFolder(root, algorithm);
    for (const name of await namesIn(root, folder)) {
      const digest = digestOfBlobFile(algorithm, name);
      if (digest === undefined || marked.has(digest)) continue;
      found.push(...(await oldFile(join(folder, name), now - grace)));
    }
  }
  // A shorter grace does not apply to temporary files: another process may be writing them.
  const partialsBefore = now - Math.max(grace, DEFAULT_GRACE_MS);
  for (const name of await namesIn(root, partialFolder(root)))
    found.push(...(await oldFile(join(partialFolder(root), name), partialsBefore)));
  return found;
}

async function oldFile(path: string, before: number): Promise<Garbage[]> {
  const info = await statIfExists(path);
  return info && info.mtimeMs <= before ? [{ path, bytes: allocatedBytesOf(info) }] : [];
}
