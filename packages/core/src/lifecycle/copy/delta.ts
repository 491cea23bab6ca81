import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import { forEachReadable } from '../../transfer/each-readable.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import { sizeOf, type Graph } from '../../transfer/graph/graph.js';
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
  base: Source | undefined,
): Promise<DeltaInput> {
  if (!base) return { opened };
  const graphs = await forEachReadable(
    images,
    ({ descriptor }) => walk(opened.source, descriptor, { missing: 'report' }),
    // The copy of a malformed image reports it.
    () => undefined,
  );
  return graphs.some(({ missing }) => missing.length > 0)
    ? { opened: { ...opened, source: withBase(opened.source, base) } }
    : { opened, leftOut: base };
}

/** The content of an image that is sent. */
export interface ContentToSend {
  readonly sent: Graph;
  /** Size of the content that the base lacks, documents included. */
  readonly newBytes: number;
}

/** Leaves out the blobs that the base has. Manifests and configs stay, so that the delta can be inspected. */
export async function contentToSend(
  graph: Graph,
  base: Source | undefined,
): Promise<ContentToSend> {
  if (!base) return { sent: graph, newBytes: sizeOf(graph) };
  const nodes: Descriptor[] = [];
  let newBytes = 0;
  for (const node of graph.nodes) {
    const isNew = !(await base.has(node));
    if (isNew) newBytes += node.size;
    if (isNew || graph.documents.has(node.digest)) nodes.push(node);
  }
  return { sent: { ...graph, nodes }, newBytes };
}
