import type { Graph } from './graph/graph.js';
import type { CallOptions, Sink, Source } from './store.js';
import { incompleteError } from './graph/walk.js';

/**
 * Checks that the destination has what the source of an image lacks: a delta needs no base there.
 *
 * @throws ImageError INCOMPLETE (with what both lack)
 */
export async function requireHeld(
  { source, graph }: { readonly source: Source; readonly graph: Graph },
  sink: Sink,
  options: CallOptions,
): Promise<void> {
  const { missing, root } = graph;
  if (missing.length === 0) return;
  const asked = { root, documents: new Map(), nodes: missing, missing: [] };
  const wanted = await sink.begin(asked, options);
  const lacking = missing.filter(({ digest }) => wanted.has(digest));
  if (lacking.length > 0) throw incompleteError(source, lacking, root);
}
