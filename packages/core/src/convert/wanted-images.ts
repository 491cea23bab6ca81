import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { children } from '../oci/manifest.js';
import type { Platform } from '../oci/platform.js';
import { imagesOf, type Graph } from '../transfer/graph/graph.js';
import { childrenOf, imagesFor } from '../transfer/graph/select-platform.js';

/** The wanted images of an index by digest; undefined for all. */
export type WantedImages = ReadonlyMap<Digest, Descriptor> | undefined;

/**
 * The images of the wanted platforms in the index at the root of a graph; undefined keeps everything.
 *
 * @throws ImageError NOT_FOUND (a platform)
 */
export async function wantedImages(
  location: string,
  graph: Graph,
  platforms: readonly Platform[] = [],
): Promise<WantedImages> {
  const { root, documents } = graph;
  const index = documents.get(root.digest)?.manifest;
  if (index?.kind !== 'index' || platforms.length === 0) return undefined;
  const images = childrenOf(index, (digest) => documents.get(digest)?.manifest);
  const own = new Map(
    imagesOf(graph).map(({ descriptor, config }) => [descriptor.digest, config.platform]),
  );
  const wanted = new Set<Digest>();
  for (const platform of platforms)
    for (const image of await imagesFor(location, images, platform, async ({ digest }) =>
      own.get(digest),
    ))
      wanted.add(image.digest);
  return new Map(
    images.flatMap((image) => (wanted.has(image.digest) ? [[image.digest, image]] : [])),
  );
}

/** Whether an entry of an index is one of the wanted images, or an index with one of them; always when `wanted` is undefined. */
export function isWanted({ digest }: Descriptor, graph: Graph, wanted: WantedImages): boolean {
  if (!wanted) return true;
  const manifest = graph.documents.get(digest)?.manifest;
  if (manifest?.kind !== 'index') return wanted.has(digest);
  return manifest.manifests.some((child) => isWanted(child, graph, wanted));
}

/** Whether the source has a manifest and all content that it names; `absent` are the digests of what it lacks. */
export function isWhole(
  { digest }: Descriptor,
  { documents }: Graph,
  absent: ReadonlySet<Digest>,
): boolean {
  const manifest = documents.get(digest)?.manifest;
  return !!manifest && children(manifest).every((child) => !absent.has(child.digest));
}
