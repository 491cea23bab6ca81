import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isLocated, type LocatedSource } from './extent.js';
import type { Bytes, CallOptions, Open, Sink, Source } from './store.js';
import { forEachOf } from './for-each-of.js';
import { requireSame, verified } from './verified.js';
import { walk } from './graph/walk.js';
import { foreignLayersLeftOut, takenBy } from './foreign-layers.js';
import type { Graph } from './graph/graph.js';
import { tap } from './tap.js';
import type { Notice } from '../wording.js';

/**
 * Progress of a copy; sizes in bytes. `start` comes first, with the total that will be written; `progress` is one chunk
 * of one node; each node ends as `skipped` (the sink has it) or `done`. `fetching` and `fetched` report content that
 * the source downloads before it is read.
 */
export type CopyEvent =
  | {
      readonly type: 'start';
      readonly reference?: string;
      readonly bytes: number;
      readonly nodes: number;
    }
  | { readonly type: 'progress'; readonly descriptor: Descriptor; readonly bytes: number }
  /** `fetching`: total that the source must download first. `fetched`: size of one chunk of it. */
  | { readonly type: 'fetching'; readonly bytes: number }
  | { readonly type: 'fetched'; readonly bytes: number }
  | { readonly type: 'skipped' | 'done'; readonly descriptor: Descriptor }
  /** For the user: foreign layers are left out. */
  | Notice;

/** Options of {@link copy}. */
export interface CopyOptions extends CallOptions {
  /** Name at the destination; the name in the source when omitted. */
  readonly as?: string | undefined;
  /** Number of blobs that are copied concurrently; 4 when omitted. */
  readonly concurrency?: number;
  /** Called for each step and each chunk. */
  readonly onEvent?: ((event: CopyEvent) => void) | undefined;
}

/**
 * Copies one image byte for byte and tags it; the digest does not change. Children are written before parents, and the
 * tag last. Does not commit, so that several images can go into one archive.
 *
 * @param reference a name or a digest in the source; the only image when undefined.
 * @returns the root that was copied
 * @throws ImageError of the source (NOT_FOUND, AMBIGUOUS, CORRUPT, INCOMPLETE, INVALID) or the sink (NO_SPACE,
 *   UNAUTHORIZED, DENIED, UNAVAILABLE)
 * @example
 * await using source = (await openArchive('./app.tar')).source;
 * await using sink = new LayoutSink('./layout');
 * await copy(source, undefined, sink, { as: 'app:1' });
 * await sink.commit();
 */
export async function copy(
  source: Source,
  reference: string | undefined,
  sink: Sink,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const image = await source.resolve(reference, options);
  const graph = await walk(source, image.descriptor, options);
  await copyGraph(source, graph, sink, options);
  const name = options.as ?? image.reference;
  if (name !== undefined) await sink.tag(graph.root, name, options);
  return graph.root;
}

/**
 * Copies the nodes of a graph that the sink takes and wants. Does not tag the image. @throws ImageError as {@link copy}
 */
export async function copyGraph(
  source: Source,
  graph: Graph,
  sink: Sink,
  options: CopyOptions = {},
): Promise<void> {
  const { onEvent, concurrency = 4 } = options;
  const sent = takenBy(sink, graph);
  for (const text of foreignLayersLeftOut(sent.foreign, options.as ?? graph.root.digest))
    onEvent?.({ type: 'notice', text });
  const wanted = await sink.begin(sent, options);
  const moving = sent.nodes.filter((node) => wanted.has(node.digest));
  onEvent?.({
    type: 'start',
    bytes: moving.reduce((sum, node) => sum + node.size, 0),
    nodes: moving.length,
  });

  await source.prepare?.(moving, {
    signal: options.signal,
    onFetching: (bytes) => onEvent?.({ type: 'fetching', bytes }),
    onFetched: (bytes) => onEvent?.({ type: 'fetched', bytes }),
  });

  const write = async (node: Descriptor, signal?: AbortSignal): Promise<void> => {
    if (!wanted.has(node.digest)) return onEvent?.({ type: 'skipped', descriptor: node });
    const onBytes = (bytes: number) => onEvent?.({ type: 'progress', descriptor: node, bytes });
    const known = graph.documents.get(node.digest)?.bytes;
    const read = (start: number, lend: boolean): Bytes => {
      const raw = known
        ? oneChunk(known.subarray(start))
        : source.read(node, { start, lend, signal });
      if (start > 0) return tap(raw, ({ byteLength }) => onBytes(byteLength));
      const content = verified(raw, node, { signal, location: source.location, onBytes });
      return discardIfCorrupt(source, node, content);
    };
    const isLarge = !known && node.size >= LARGE_BYTES;
    const open: Open = Object.assign((start = 0) => read(start, false), {
      ...(isLarge && isLocated(source) ? { moveTo: movesFrom(source, node, onBytes) } : {}),
      ...(isLarge && source.lends === true ? { lent: (start = 0) => read(start, true) } : {}),
    });
    await sink.write(node, open, { signal });
    onEvent?.({ type: 'done', descriptor: node });
  };

  const blobs = sent.nodes.filter((node) => !graph.documents.get(node.digest)?.manifest);
  const manifests = sent.nodes.filter((node) => graph.documents.get(node.digest)?.manifest);
  await forEachOf(blobs, { concurrency, signal: options.signal }, write);
  for (const node of manifests) await write(node, options.signal);
}

/** Content of at least this size (bytes) is worth another way than the plain stream. */
const LARGE_BYTES = 1024 * 1024;

/** Moves content of local files on another thread. */
function movesFrom(
  source: LocatedSource,
  node: Descriptor,
  onBytes: (count: number) => void,
): NonNullable<Open['moveTo']> {
  return async (place, { signal } = {}) => {
    const extent = await source.locate(node);
    // A wrong size is reported by the stream.
    if (extent?.size !== node.size) return false;
    const { moveExtent } = await import('./extents/move-extent.js');
    const { size, digest } = await moveExtent(extent, node, place, { signal, onBytes });
    const { location } = source;
    requireSame(node, { size, digest: () => digest }, { location });
    return true;
  };
}

/** Passes verified content through; if it is corrupt, tells the source to discard it. */
async function* discardIfCorrupt(source: Source, node: Descriptor, bytes: Bytes): Bytes {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'CORRUPT') await source.discard?.(node);
    throw error;
  }
}

/** A stream of one chunk. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
