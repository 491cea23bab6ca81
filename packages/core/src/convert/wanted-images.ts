import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { children } from '../oci/manifest.js';
import type { Platform } from '../oci/platform.js';
import type { Graph } from '../transfer/graph.js';
import { childrenOf, imagesFor } from '../transfer/select-platform.js';

/**
 * The images of the wanted platforms in the index at the root of a graph; undefined keeps everything.
 *
 * @throws ImageError NOT_FOUND (a platform)
 */
export function wantedImages(
  location: string,
  { root, documents }: Graph,
  platforms: readonly Platform[] = [],
): ReadonlyMap<Digest, Descriptor> | undefined {
  const index = documents.get(root.digest)?.manifest;
  if (index?.kind !== 'index' || platforms.length === 0) return undefined;
  const images = childrenOf(index, (digest) => documents.get(digest)?.manifest);
  const wanted = platforms.flatMap((platform) => imagesFor(location, images, platform));
  return new Map(wanted.map((image) => [image.digest, image]));
}

/** Whether an entry of an index is one of the wanted images, or an index with one of them; always when `wanted` is undefined. */
export function isWanted(
  { digest }: Descriptor,
  graph: Graph,
  wanted: ReadonlyMap<Digest, Descriptor> | undefined,
): boolean {
  if (!wanted) return true;
  const manifest = graph.documents.get(digest)?.manifest;
  if (manifest?.kind !== 'index') return wanted.has(digest);
  return manifest.manifests.some((child) => isWanted(child, graph, wanted));
}

/** Whether the source has a manifest and all content that it names. */
export function isWhole({ digest }: Descriptor, { documents, missing }: Graph): boolean {
  const manifest = documents.get(digest)?.manifest;
  const absent = new Set(missing.map((node) => node.digest));
  return !!manifest && children(manifest).every((child) => !absent.has(child.digest));
}
