import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allocatedBy, statIfThere } from '../disk/allocated.js';
import { ALGORITHMS, type Digest } from '../oci/digest.js';
import type { Source } from '../transfer/store.js';
import { walk } from '../transfer/walk.js';
import { namesIn } from '../disk/if-there.js';
import { blobFolder, digestOfBlobFile, partialFolder } from './paths.js';

/** Content younger than this (ms) may belong to an image that is still coming in. */
export const GRACE = 10 * 60 * 1000;

export interface Garbage {
  readonly path: string;
  /** On disk. */
  readonly bytes: number;
}

/**
 * Deletes content that no image needs any more, and leftovers of processes that died: mark what every
 * image reaches, sweep the rest, sparing what was written or wanted within `grace` ms.
 *
 * @returns the bytes that were freed
 */
export async function collect(
  store: Source,
  root: string,
  { grace = GRACE, now = Date.now() } = {},
): Promise<number> {
  let freed = 0;
  for (const { path } of await findGarbage(store, root, { grace, now })) {
    // Somebody may have wanted it since.
    for (const { bytes } of await oldFile(path, now - grace)) {
      await rm(path, { force: true });
      freed += bytes;
    }
  }
  return freed;
}

/** What {@link collect} would delete. */
export async function findGarbage(
  store: Source,
  root: string,
  { grace = GRACE, now = Date.now() } = {},
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
  // Somebody may be fetching it at this moment, whatever the grace.
  const coming = now - Math.max(grace, GRACE);
  for (const name of await namesIn(root, partialFolder(root)))
    found.push(...(await oldFile(join(partialFolder(root), name), coming)));
  return found;
}

async function oldFile(path: string, before: number): Promise<Garbage[]> {
  const info = await statIfThere(path);
  return info && info.mtimeMs <= before ? [{ path, bytes: allocatedBy(info) }] : [];
}
