import type { Descriptor } from '../../oci/descriptor.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import type { Graph } from '../../transfer/graph.js';
import { withBase } from '../../transfer/with-base.js';

/** A source that may have been completed, and what is to be left out of its images. */
export interface Based {
  readonly opened: Opened;
  readonly leftOut?: Source;
}

/** A delta is completed by its base; of a whole image, what the base has is left out. */
export async function withBaseOf(
  opened: Opened,
  images: readonly NamedDescriptor[],
  base: Opened | undefined,
): Promise<Based> {
  if (!base) return { opened };
  for (const { descriptor } of images) {
    const { missing } = await walk(opened.source, descriptor, { missing: 'report' });
    if (missing.length > 0)
      return { opened: { ...opened, source: withBase(opened.source, base.source) } };
  }
  return { opened, leftOut: base.source };
}

/** The same image without the blobs that somebody has; its manifests and configs stay, so it can be looked at. */
export async function lacking(graph: Graph, known: Source): Promise<Graph> {
  const nodes: Descriptor[] = [];
  for (const node of graph.nodes)
    if (graph.documents.has(node.digest) || !(await known.has(node))) nodes.push(node);
  return { ...graph, nodes };
}
