import type { Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import { openLocation, type Opened } from '../open.js';
import { copyGraph } from '../transfer/copy.js';
import type { Bytes } from '../transfer/store.js';
import { sizeOf, walk, type Graph } from '../transfer/walk.js';
import { openDestination, type DestinationOptions } from './destination.js';
import { makeRoom } from './make-room.js';
import { openEngine, type Workspace } from './workspace.js';

export interface CopyImagesOptions extends Omit<DestinationOptions, 'openEngine'> {
  readonly stdin: () => Bytes;
  /** What the image is called at the destination, taken as it is written. */
  readonly as?: string | undefined;
  /** All images of the source; only one, and it must be the only one, when omitted. */
  readonly all?: boolean | undefined;
}

export interface CopiedImage {
  readonly source: string;
  readonly destination: string;
  /** Fully qualified; null for an image without a name. */
  readonly reference: string | null;
  readonly digest: Digest;
  /** Of the whole image. */
  readonly bytes: number;
}

/**
 * Copies images unchanged, byte for byte: the digest that goes in is the digest that comes out.
 *
 * @throws ImageError of the source and the destination; AMBIGUOUS (several images), NO_SPACE
 */
export async function copyImages(
  workspace: Workspace,
  from: string,
  to: string,
  options: CopyImagesOptions,
): Promise<CopiedImage[]> {
  let engine: Engine | undefined;
  const theEngine = async (): Promise<Engine> => (engine ??= await openEngine(workspace, options));
  const opened = await openLocation(from, {
    ...options,
    place: workspace.place,
    engine: theEngine,
  });
  try {
    for (const text of opened.notices) options.onEvent?.({ type: 'notice', text });
    const images = await imagesFrom(opened, options);
    await using destination = await openDestination(workspace, to, {
      ...options,
      openEngine: theEngine,
    });
    const { sink, path } = destination;
    const as = options.as ?? destination.reference;
    if (as !== undefined && images.length > 1)
      throw new ImageError(
        'USAGE',
        `${to}: expected one image to name ${as}, got ${images.length}`,
      );
    const graphs: { graph: Graph; reference: string | undefined }[] = [];
    for (const { descriptor, reference } of images)
      graphs.push({
        graph: await walk(opened.source, descriptor, options),
        reference:
          as === undefined ? (reference ?? opened.record?.reference) : canonicalReference(as),
      });
    const bytes = graphs.reduce((sum, { graph }) => sum + sizeOf(graph), 0);
    if (path !== undefined && !options.dryRun)
      await makeRoom(workspace, [{ path, bytes }], options);
    const copied = graphs.map(
      ({ graph, reference = null }): CopiedImage => ({
        source: from,
        destination: to,
        reference,
        digest: graph.root.digest,
        bytes: sizeOf(graph),
      }),
    );
    if (options.dryRun) return copied;
    for (const { graph, reference } of graphs) {
      await copyGraph(opened.source, graph, sink, options);
      if (reference !== undefined) await sink.tag(graph.root, reference, options);
    }
    await sink.commit(options);
    return copied;
  } finally {
    await opened.source[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  }
}

async function imagesFrom(
  { source, reference }: Opened,
  options: CopyImagesOptions,
): Promise<NamedDescriptor[]> {
  if (!options.all) return [await source.resolve(reference, options)];
  const images: NamedDescriptor[] = [];
  for await (const image of source.list(options)) images.push(image);
  if (images.length === 0)
    throw new ImageError('NOT_FOUND', `${source.location}: expected an image, got none`);
  return images;
}
