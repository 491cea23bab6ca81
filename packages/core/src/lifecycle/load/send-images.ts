import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { copyGraph } from '../../transfer/copy.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import type { Sink } from '../../transfer/store.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Candidate } from './load-candidates.js';
import { requestsAtOnce } from './plan-load.js';
import { convertForEngine, type EngineReadable } from './readable-by.js';
import type { Workspace } from '../workspace/workspace.js';

/** What became of the images that were sent. */
export interface SentImages {
  /** Bytes sent for each image. */
  readonly bytes: ReadonlyMap<Candidate, number>;
  /** Images whose content could not be read, in their order. */
  readonly failed: ReadonlyMap<Candidate, ImageError>;
}

/**
 * Sends the blobs that the engine lacks; if it refuses the image without the others, sends all of them. The embedded store
 * gets the other images if one cannot be read.
 *
 * @throws ImageError of the engine; of the content, but for the embedded store
 */
export async function sendImages(
  workspace: Workspace,
  engine: Engine,
  candidates: readonly Candidate[],
  options: VerbOptions & { readonly concurrency: number },
): Promise<SentImages> {
  await using readable = await convertForEngine(workspace, engine, candidates, options);
  const { images } = readable;
  // The embedded store checks each blob itself and marks existing ones as in use.
  const isEmbedded = engine.kind === 'embedded';
  const thin = isEmbedded
    ? new Map<EngineReadable, Graph>()
    : await thinGraphs(engine, images, options);
  const bytes = new Map<Candidate, number>();
  const failed = new Map<Candidate, ImageError>();
  const all = async (graphOf: (image: EngineReadable) => Graph): Promise<void> => {
    await using sink = engine.sink(options);
    const send = async (image: EngineReadable, signal: AbortSignal): Promise<void> => {
      const { candidate } = image;
      const add = (count: number) => void bytes.set(candidate, (bytes.get(candidate) ?? 0) + count);
      try {
        await stage(image, graphOf(image), sink, { ...options, signal }, add);
      } catch (error) {
        // An archive has all images or none.
        if (!isEmbedded || !(error instanceof ImageError) || signal.aborted) throw error;
        if (error.code === 'NO_SPACE' && !options.onFailure) throw error;
        failed.set(candidate, error);
      }
    };
    await forEachOf(images, options, send);
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
  const inOrder = candidates.flatMap((each) => {
    const error = failed.get(each);
    return error ? [[each, error] as const] : [];
  });
  return { bytes, failed: new Map(inOrder) };
}

/** The graphs without the blobs that the engine has, of images of which it has some. */
async function thinGraphs(
  engine: Engine,
  images: readonly EngineReadable[],
  options: VerbOptions,
): Promise<ReadonlyMap<EngineReadable, Graph>> {
  const thin = new Map<EngineReadable, Graph>();
  await forEachOf(images, { ...options, concurrency: requestsAtOnce(engine) }, async (image) => {
    const { graph } = image;
    const held = await engine.holds(graph, options);
    const nodes = graph.nodes.filter(({ digest }) => !held.has(digest));
    if (nodes.length < graph.nodes.length) thin.set(image, { ...graph, nodes });
  });
  return thin;
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
