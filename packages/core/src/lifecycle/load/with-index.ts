import type { Descriptor } from '../../oci/descriptor.js';
import { ATTESTS, parseManifest } from '../../oci/manifest.js';
import type { GraphDocument, Graph } from '../../transfer/graph/graph.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';

/**
 * The graph of an image with the index that lists it as the root, and its attestations; the other images of the index are
 * no part of it. The graph of the image alone where a nested index lists it.
 *
 * @param image the graph of an image that was chosen from `index`.
 */
export async function withIndex(
  source: Source,
  index: Descriptor,
  image: Graph,
  { signal }: CallOptions = {},
): Promise<Graph> {
  const bytes = await readContent(source, index, { signal });
  const manifest = parseManifest(index.mediaType, bytes, source.limits);
  const { digest } = image.root;
  if (manifest.kind !== 'index' || !manifest.manifests.some((each) => each.digest === digest))
    return image;
  const documents = new Map<Descriptor['digest'], GraphDocument>(image.documents);
  const nodes = new Map(image.nodes.map((node) => [node.digest, node]));
  for (const child of manifest.manifests) {
    if (child.annotations?.[ATTESTS] !== digest) continue;
    const about = await walk(source, child, { signal, missing: 'report' });
    if (about.missing.length > 0) continue;
    for (const node of about.nodes) nodes.set(node.digest, node);
    for (const [key, document] of about.documents) documents.set(key, document);
  }
  documents.set(index.digest, { descriptor: index, bytes, manifest });
  return { ...image, root: index, documents, nodes: [...nodes.values(), index] };
}
