import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Bytes, CallOptions, Sink, Source } from './store.js';
import { forEachOf } from './for-each-of.js';
import { verified } from './verified.js';
import { walk } from './walk.js';
import type { Graph } from './graph.js';
import { tap } from './tap.js';

/**
 * Progress of a copy; sizes in bytes. `start` comes first, with all that will be written; `progress` is one chunk of one
 * node; each node ends as `skipped` (the sink has it) or `done`. `fetching` and `fetched` are content that the source gets
 * from elsewhere before it is read.
 */
export type CopyEvent =
  | {
      readonly type: 'start';
      readonly reference?: string;
      readonly bytes: number;
      readonly nodes: number;
    }
  | { readonly type: 'progress'; readonly descriptor: Descriptor; readonly bytes: number }
  /** What a source must get first, from elsewhere, and each chunk of that. */
  | { readonly type: 'fetching'; readonly bytes: number }
  | { readonly type: 'fetched'; readonly bytes: number }
  | { readonly type: 'skipped' | 'done'; readonly descriptor: Descriptor };

/** How an image is copied. */
export interface CopyOptions extends CallOptions {
  /** Name at the destination; what the source calls the image when omitted. */
  readonly as?: string | undefined;
  /** How many blobs move at once; 4 when omitted. */
  readonly concurrency?: number;
  /** Called for each step and each chunk. */
  readonly onEvent?: ((event: CopyEvent) => void) | undefined;
}

/**
 * Copies one image, byte for byte, and names it: the same digest at both ends. Children are written before parents and the
 * name last. Does not commit: several images may go into one archive.
 *
 * @param reference a name or a digest in the source; the only image when undefined.
 * @returns the root that was copied
 * @throws ImageError of the source (NOT_FOUND, AMBIGUOUS, CORRUPT, INCOMPLETE, INVALID) or the sink (NO_SPACE, UNAUTHORIZED,
 *   DENIED, UNAVAILABLE)
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
 * Copies the nodes that the sink wants of an image that was walked already. Does not name it. @throws ImageError as
 * `copy`
 */
export async function copyGraph(
  source: Source,
  graph: Graph,
  sink: Sink,
  options: CopyOptions = {},
): Promise<void> {
  const { onEvent, concurrency = 4 } = options;
  const wanted = await sink.begin(graph, options);
  const moving = graph.nodes.filter((node) => wanted.has(node.digest));
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
    const raw = (start: number) =>
      known ? only(known.subarray(start)) : source.read(node, { start, signal });
    const whole = () => verified(raw(0), node, { signal, location: source.location, onBytes });
    await sink.write(
      node,
      (start = 0) =>
        start === 0
          ? discarding(source, node, whole())
          : tap(raw(start), ({ byteLength }) => onBytes(byteLength)),
      { signal },
    );
    onEvent?.({ type: 'done', descriptor: node });
  };

  const blobs = graph.nodes.filter((node) => !graph.documents.get(node.digest)?.manifest);
  const manifests = graph.nodes.filter((node) => graph.documents.get(node.digest)?.manifest);
  await forEachOf(blobs, { concurrency, signal: options.signal }, write);
  for (const node of manifests) await write(node, options.signal);
}

/** Tells the source when its content is not what it should be. */
async function* discarding(source: Source, node: Descriptor, bytes: Bytes): Bytes {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'CORRUPT') await source.discard?.(node);
    throw error;
  }
}

/** One chunk as a stream. */
export async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
