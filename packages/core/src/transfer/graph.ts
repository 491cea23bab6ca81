import type { ImageConfig } from '../oci/config.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { Manifest } from '../oci/manifest.js';

/** A manifest, an index or an image config, in memory. */
export interface GraphDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest?: Manifest;
  readonly config?: ImageConfig;
}

/** An image without its layers: manifests and configs read, blobs listed. */
export interface Graph {
  readonly root: Descriptor;
  /** The manifests and image configs that the source has. */
  readonly documents: ReadonlyMap<Digest, GraphDocument>;
  /** All nodes that the source has, each once, children before parents, the root last. */
  readonly nodes: readonly Descriptor[];
  /** Nodes that the source lacks; with `missing: 'fail'` always empty. */
  readonly missing: readonly Descriptor[];
}

/** The size of all nodes together, in bytes. */
export function sizeOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + node.size, 0);
}

/** An image manifest of a graph with its parsed config. */
export interface RunnableImage {
  /** The image manifest. */
  readonly descriptor: Descriptor;
  /** Layers, the lowest first. */
  readonly layers: readonly Descriptor[];
  readonly configDescriptor: Descriptor;
  readonly config: ImageConfig;
}

/** The image manifests in the graph whose image config is present; artifacts are omitted. */
export function imagesOf(graph: Graph): RunnableImage[] {
  return [...graph.documents.values()].flatMap(({ descriptor, manifest }) => {
    if (manifest?.kind !== 'image') return [];
    const config = graph.documents.get(manifest.config.digest)?.config;
    return config
      ? [{ descriptor, layers: manifest.layers, configDescriptor: manifest.config, config }]
      : [];
  });
}
