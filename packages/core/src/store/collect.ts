import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { Source } from '../transfer/store.js';
import { walk } from '../transfer/walk.js';
import { blobFolder, digestOfBlobFile, partialFolder } from './paths.js';

/** Content younger than this (ms) may belong to an image that is still coming in. */
const GRACE = 10 * 60 * 1000;

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
  const marked = new Set<Digest>();
  for await (const { descriptor } of store.list()) {
    for (const node of (await walk(store, descriptor, { missing: 'report' })).nodes)
      marked.add(node.digest);
  }
  let freed = 0;
  for (const algorithm of ['sha256', 'sha512']) {
    freed += await sweep(blobFolder(root, algorithm), now - grace, (name) => {
      const digest = digestOfBlobFile(algorithm, name);
      return digest !== undefined && !marked.has(digest);
    });
  }
  return freed + (await sweep(partialFolder(root), now - grace, () => true));
}

async function sweep(
  folder: string,
  before: number,
  isGarbage: (name: string) => boolean,
): Promise<number> {
  let freed = 0;
  for (const name of await namesIn(folder)) {
    if (!isGarbage(name)) continue;
    const path = join(folder, name);
    try {
      const { mtimeMs, size } = await stat(path);
      if (mtimeMs > before) continue;
      await rm(path);
      freed += size;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  return freed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
