import type { ImageError } from '../../errors.js';
import type { ImageConfig } from '../../oci/config.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { Manifest } from '../../oci/manifest.js';
import { isLayerType } from '../../oci/media-types.js';
import { isUnknownPlatform } from '../../oci/platform.js';

/** A manifest, an index or an image config, in memory. */
export interface GraphDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest?: Manifest;
  readonly config?: ImageConfig;
  /** Why this member of an index cannot be used as an image; its bytes can be copied. */
  readonly error?: ImageError;
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
  /** Foreign layers that the source lacks: the image is complete without them. */
  readonly foreign?: readonly Descriptor[];
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

/** The image manifests in the graph whose image config is present; artifacts and malformed images are omitted. */
export function imagesOf(graph: Graph): RunnableImage[] {
  return [...graph.documents.values()].flatMap(({ descriptor, manifest, error }) => {
    if (manifest?.kind !== 'image' || error) return [];
    const { layers, config: configDescriptor } = manifest;
    const config = graph.documents.get(configDescriptor.digest)?.config;
    return config && !isArtifact(config, layers)
      ? [{ descriptor, layers, configDescriptor, config }]
      : [];
  });
}

/** The manifests and configs that make members of an index unusable, each with its error. */
export function malformedIn(
  graph: Graph,
): { readonly digest: Digest; readonly error: ImageError }[] {
  return [...graph.documents.values()].flatMap(({ descriptor: { digest }, error }) =>
    error ? [{ digest, error }] : [],
  );
}

/**
 * Signatures and attestations of cosign and BuildKit have an image config too, for no platform; their layers are
 * documents.
 */
function isArtifact({ platform }: ImageConfig, layers: readonly Descriptor[]): boolean {
  const hasLayer = layers.some(({ mediaType }) => isLayerType(mediaType));
  return isUnknownPlatform(platform) && layers.length > 0 && !hasLayer;
}
