import { spoolFolder } from '../../catalog/file.js';
import { convertImage, type ConvertOptions } from '../../convert/convert-image.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { canonicalReference } from '../../oci/reference.js';
import type { Opened } from '../../open.js';
import { copyGraph } from '../../transfer/copy.js';
import type { Bytes, Source } from '../../transfer/store.js';
import { requireDistinctNames } from '../../transfer/resolve.js';
import { referrersOf, referrerGraphsOf } from '../../transfer/referrers.js';
import { walk } from '../../transfer/walk.js';
import { sizeOf } from '../../transfer/graph.js';
import type { Graph } from '../../transfer/graph.js';
import { omitBlobs, applyBase } from './delta.js';
import { openDestination, type DestinationOptions } from './destination.js';
import { makeRoom } from '../prune/make-room.js';
import { openIn } from '../workspace/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';

/** How images are copied between locations. */
export interface CopyImagesOptions extends Omit<DestinationOptions, 'openEngine'> {
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Repository for images whose name is only a tag. */
  readonly repository?: string | undefined;
  /**
   * For a complete image: an archive the receiver has; its blobs are omitted, which makes a delta. For a delta: the archive it
   * was made against.
   */
  readonly base?: string | undefined;
  /** Name of the image at the destination, exactly as given. */
  readonly as?: string | undefined;
  /** Convert each image. */
  readonly convert?:
    | Pick<ConvertOptions, 'platforms' | 'compress' | 'level' | 'format'>
    | undefined;
  /** Copy all images of the source; when omitted, it must hold exactly one. */
  readonly all?: boolean | undefined;
}

/** An image that was copied. */
export interface CopiedImage {
  readonly source: string;
  readonly destination: string;
  /** Fully qualified; null for an image without a name. */
  readonly reference: string | null;
  readonly digest: Digest;
  /** Digest before conversion; equal to `digest` if nothing changed. */
  readonly before: Digest;
  /** Size of the whole image. */
  readonly bytes: number;
}

/**
 * Copies images. Without `convert` every byte and therefore every digest stays the same. Signatures, SBOMs and other
 * referrers are copied too, except to an engine and after a conversion.
 *
 * @throws ImageError of the source and the destination; AMBIGUOUS (several images), NO_SPACE
 */
export async function copyImages(
  workspace: Workspace,
  from: string,
  to: string,
  options: CopyImagesOptions,
): Promise<CopiedImage[]> {
  await using engine = lazyEngine(workspace, options);
  const opened = await openIn(workspace, from, {
    ...options,
    base: undefined,
    engine: engine.get,
  });
  let base: Opened | undefined;
  try {
    for (const text of opened.notices) options.onEvent?.({ type: 'notice', text });
    const images = await imagesFrom(opened, options);
    const { base: baseText, ...others } = options;
    base =
      baseText === undefined
        ? undefined
        : await openIn(workspace, baseText, { ...others, engine: engine.get });
    const based = await applyBase(opened, images, base);
    await using destination = await openDestination(workspace, to, {
      ...options,
      openEngine: engine.get,
    });
    const { sink, path } = destination;
    const as = options.as ?? destination.reference;
    if (as !== undefined && images.length > 1)
      throw new ImageError(
        'USAGE',
        `${to}: expected one image to name ${as}, got ${images.length}`,
      );
    const moving: ImageToCopy[] = [];
    await using _ = disposeAll(moving);
    for (const image of images)
      moving.push(await prepare(workspace, based.opened, image, { ...options, as }));
    if (options.convert) await reportSkippedReferrers(based.opened, images, moving, options);
    else if (!destination.isEngine)
      moving.push(...(await prepareReferrers(based.opened, moving, options)));
    const bytes = moving.reduce((sum, { graph }) => sum + sizeOf(graph), 0);
    if (path !== undefined && !options.dryRun)
      await makeRoom(workspace, [{ path, bytes }], options);
    const copied = moving.map(
      ({ graph, before, reference = null }): CopiedImage => ({
        source: from,
        destination: to,
        reference,
        digest: graph.root.digest,
        before,
        bytes: sizeOf(graph),
      }),
    );
    if (options.dryRun) return copied;
    for (const { source, graph, reference } of moving) {
      const sent = based.leftOut ? await omitBlobs(graph, based.leftOut) : graph;
      await copyGraph(source, sent, sink, options);
      if (reference !== undefined) await sink.tag(graph.root, reference, options);
    }
    await sink.commit(options);
    return copied;
  } finally {
    await opened.source[Symbol.asyncDispose]();
    await base?.source[Symbol.asyncDispose]();
  }
}

/** Signatures, SBOMs and other referrers of the images. */
async function prepareReferrers(
  { source }: Opened,
  moving: readonly ImageToCopy[],
  options: CopyImagesOptions,
): Promise<ImageToCopy[]> {
  const images = moving.map(({ graph }) => graph);
  const graphs = await referrerGraphsOf(source, images, options);
  return graphs.map((graph) => ({
    source,
    graph,
    before: graph.root.digest,
    reference: undefined,
  }));
}

/** Referrers name the digest of their subject, so they do not match a converted image. */
async function reportSkippedReferrers(
  { source }: Opened,
  images: readonly NamedDescriptor[],
  moving: readonly ImageToCopy[],
  options: CopyImagesOptions,
): Promise<void> {
  const same = new Set(moving.map(({ graph }) => graph.root.digest));
  const changed = images.flatMap(({ descriptor }) =>
    same.has(descriptor.digest) ? [] : [descriptor],
  );
  for (const { digest } of await referrersOf(source, changed, options))
    options.onEvent?.({
      type: 'notice',
      text: `${digest}: not copied, because conversion changed the digest of the image it refers to`,
    });
}

/** An image to copy, as it will be at the destination. */
interface ImageToCopy extends Partial<AsyncDisposable> {
  readonly source: Source;
  readonly graph: Graph;
  readonly before: Digest;
  readonly reference: string | undefined;
}

async function prepare(
  { place }: Workspace,
  opened: Opened,
  image: NamedDescriptor,
  options: CopyImagesOptions,
): Promise<ImageToCopy> {
  const { source } = opened;
  const { as } = options;
  const { digest: before } = image.descriptor;
  const reference =
    as === undefined ? (image.reference ?? opened.record?.reference) : canonicalReference(as);
  if (!options.convert)
    return { source, before, reference, graph: await walk(source, image.descriptor, options) };
  options.onEvent?.({ type: 'step', subject: reference ?? before, text: 'converting' });
  const converted = await convertImage(source, image, {
    ...options.convert,
    signal: options.signal,
    spoolFolder: spoolFolder(place),
    onNotice: (text) => options.onEvent?.({ type: 'notice', text }),
  });
  return {
    before,
    reference,
    source: converted.source,
    graph: await walk(converted.source, converted.to, options),
    [Symbol.asyncDispose]: () => converted[Symbol.asyncDispose](),
  };
}

function disposeAll(moving: readonly ImageToCopy[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      for (const each of moving) await each[Symbol.asyncDispose]?.();
    },
  };
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
  requireDistinctNames(source, images);
  return images;
}
