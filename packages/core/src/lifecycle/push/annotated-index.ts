import type { Digest } from '../../oci/digest.js';
import { describe, type Descriptor } from '../../oci/descriptor.js';
import { isObject } from '../../oci/json.js';
import { parseManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { readContent } from '../../transfer/verified.js';
import type { CallOptions } from '../../transfer/store.js';
import type { GraphDocument } from '../../transfer/graph/graph.js';
import { imagesIn, type PushableImage } from './merge-index.js';

/** Texts about an image by their keys, as `org.opencontainers.image.version` (OCI image spec 1.1, annotations.md). */
type Annotations = Readonly<Record<string, string>>;

/**
 * Gives an image an index that has annotations, and names the image: the image itself keeps its digest. The index of several
 * platforms is copied, with its other fields and annotations.
 */
export async function annotateImage(
  { source, graph }: PushableImage,
  annotations: Annotations,
  { signal }: CallOptions,
): Promise<PushableImage> {
  const read = async (node: Descriptor) =>
    graph.documents.get(node.digest)?.bytes ?? readContent(source, node, { signal });
  const { index, entries } = await imagesIn(graph.root, read);
  const before = index?.['annotations'];
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      ...index,
      mediaType: MediaType.index,
      manifests: entries.map(({ entry }) => entry),
      annotations: { ...(isObject(before) ? before : {}), ...annotations },
    }),
  );
  const root = describe(MediaType.index, bytes);
  const documents = new Map<Digest, GraphDocument>([
    ...graph.documents,
    [root.digest, { descriptor: root, bytes, manifest: parseManifest(root.mediaType, bytes) }],
  ]);
  // The old index stays: referrers may be about it.
  return { source, graph: { ...graph, root, documents, nodes: [...graph.nodes, root] } };
}
