import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { FileStore } from '../../store/file-store.js';
import { readImage } from '../../store/names.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { CallOptions } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';

/**
 * The graph of an image as far as the cache of registries has it; its `missing` lists the rest.
 *
 * @param cache folder of the cache.
 * @returns undefined if the image was never read through the cache
 */
export async function cachedGraph(
  cache: string,
  digest: Digest,
  options: CallOptions,
): Promise<Graph | undefined> {
  const root = readImage(cache, digest);
  if (!root) return undefined;
  await using store = new FileStore(cache);
  try {
    return await walk(store, root, { ...options, missing: 'report' });
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
