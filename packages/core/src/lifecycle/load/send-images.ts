import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { copyGraph } from '../../transfer/copy.js';
import type { Sink } from '../../transfer/store.js';
import type { Graph } from '../../transfer/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Candidate } from './load-candidates.js';
import { convertForEngine, type EngineReadable } from './readable-by.js';
import type { Workspace } from '../workspace/workspace.js';

/**
 * Sends the blobs that the engine lacks; if it refuses the image without the others, sends all of them.
 *
 * @returns bytes sent for each candidate
 */
export async function sendImages(
  workspace: Workspace,
  engine: Engine,
  candidates: readonly Candidate[],
  options: VerbOptions,
): Promise<ReadonlyMap<Candidate, number>> {
  await using readable = await convertForEngine(workspace, engine, candidates, options);
  const { images } = readable;
  const thin = new Map<EngineReadable, Graph>();
  for (const image of images) {
    const { graph } = image;
    // The embedded store checks each blob itself and marks existing ones as in use.
    if (engine.kind === 'embedded') break;
    const held = await engine.holds(graph, options);
    const nodes = graph.nodes.filter(({ digest }) => !held.has(digest));
    if (nodes.length < graph.nodes.length) thin.set(image, { ...graph, nodes });
  }
  const bytes = new Map<Candidate, number>();
  const add = (candidate: Candidate, count: number) =>
    void bytes.set(candidate, (bytes.get(candidate) ?? 0) + count);
  const all = async (graphOf: (image: EngineReadable) => Graph): Promise<void> => {
    await using sink = engine.sink(options);
    for (const image of images)
      await stage(image, graphOf(image), sink, options, (count) => add(image.candidate, count));
    await sink.commit(options);
  };
  try {
    await all((image) => thin.get(image) ?? image.graph);
  } catch (error) {
    const isRefused = error instanceof ImageError && error.code === 'INVALID';
    if (!isRefused || thin.size === 0) throw error;
    options.onEvent?.({ type: 'notice', text: `${error.message}; sending all layers` });
    await all(({ graph }) => graph);
  }
  return bytes;
}

async function stage(
  { source, candidate: { references } }: EngineReadable,
  graph: Graph,
  sink: Sink,
  options: VerbOptions,
  onBytes: (count: number) => void,
): Promise<void> {
  await copyGraph(source, graph, sink, {
    signal: options.signal,
    as: references[0],
    onEvent: (event) => {
      if (event.type === 'progress') onBytes(event.bytes);
      options.onEvent?.(event);
    },
  });
  for (const reference of references) await sink.tag(graph.root, reference, options);
}
