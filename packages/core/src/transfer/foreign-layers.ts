import type { Descriptor } from '../oci/descriptor.js';
import { isForeignLayerType } from '../oci/media-types.js';
import type { Graph } from './graph/graph.js';
import type { Sink } from './store.js';

/** The graph with the nodes that a sink takes; foreign layers among the others count as left out. */
export function takenBy(sink: Sink, graph: Graph): Graph {
  const isTaken = (node: Descriptor) => sink.takes?.(node) !== false;
  const refused = graph.nodes.filter((node) => !isTaken(node));
  if (refused.length === 0) return graph;
  const foreign = refused.filter(({ mediaType }) => isForeignLayerType(mediaType));
  return {
    ...graph,
    nodes: graph.nodes.filter(isTaken),
    foreign: [...(graph.foreign ?? []), ...foreign],
  };
}

/** A notice about the foreign layers that an image lacks; none if it lacks none. */
export function foreignLayersLeftOut(
  foreign: readonly Descriptor[] | undefined,
  image: string,
): string[] {
  const { size } = new Set(foreign?.map(({ digest }) => digest));
  if (size === 0) return [];
  const layers = size === 1 ? '1 foreign layer is' : `${size} foreign layers are`;
  return [
    `${image}: ${layers} left out, which only the publisher distributes; an engine fetches them from there`,
  ];
}
