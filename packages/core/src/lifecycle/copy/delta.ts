import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import type { Graph } from '../../transfer/graph.js';
import { withBase } from '../../transfer/with-base.js';

/** A source, completed by its base if it is a delta, and the base whose blobs are omitted if it is not. */
export interface DeltaInput {
  readonly opened: Opened;
  readonly leftOut?: Source;
}

/** Completes a delta with its base; for complete images returns the base as the content to omit. */
export async function applyBase(
  opened: Opened,
  images: readonly NamedDescriptor[],
  base: Opened | undefined,
): Promise<DeltaInput> {
  if (!base) return { opened };
  const graphs = await forEachReadable(
    images,
    ({ descriptor }) => walk(opened.source, descriptor, { missing: 'report' }),
    // The copy of a malformed image reports it.
    () => undefined,
  );
  return graphs.some(({ missing }) => missing.length > 0)
    ? { opened: { ...opened, source: withBase(opened.source, base.source) } }
    : { opened, leftOut: base.source };
}

/** Returns the graph without the blobs that `known` has. Manifests and configs stay, so the delta can be inspected. */
export async function omitBlobs(graph: Graph, known: Source): Promise<Graph> {
  const nodes: Descriptor[] = [];
  for (const node of graph.nodes)
    if (graph.documents.has(node.digest) || !(await known.has(node))) nodes.push(node);
  return { ...graph, nodes };
}
