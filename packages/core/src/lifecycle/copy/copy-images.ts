import type { ConvertOptions } from '../../convert/convert-image.js';
import { ImageError } from '../../errors.js';
import { parseDestination, parseLocation } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { Opened } from '../../open.js';
import { copyGraph } from '../../transfer/copy.js';
import { sizeOf } from '../../transfer/graph.js';
import { withDistinctNames } from '../../transfer/resolve.js';
import type { Bytes, Sink } from '../../transfer/store.js';
import { makeRoom } from '../prune/make-room.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/one-login.js';
import { openIn } from '../workspace/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';
import { applyBase, omitBlobs, type DeltaInput } from './delta.js';
import { openDestination, type Destination, type DestinationOptions } from './destination.js';
import type { ImageToCopy } from './copy-referrers.js';
import { prepareCopy } from './prepare-copy.js';

/** Options for copying images between locations. */
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
 * Copies images, of one or of several sources. Without `convert` every byte and therefore every digest stays the same.
 * Signatures, SBOMs and other referrers are copied too, except to an engine and those of a manifest whose digest the
 * conversion changed. With several sources no name is visible at the destination before all images are there.
 *
 * @throws ImageError of the sources and the destination; AMBIGUOUS (several images), NO_SPACE
 */
export async function copyImages(
  workspace: Workspace,
  from: string | readonly string[],
  to: string,
  options: CopyImagesOptions,
): Promise<CopiedImage[]> {
  const where = { ...workspace, cwd: options.cwd };
  const texts = typeof from === 'string' ? [from] : from;
  const sources = await Promise.all(texts.map((each) => parseLocation(each, where)));
  const target = await parseDestination(to, where);
  const baseLocation =
    options.base === undefined ? undefined : await parseLocation(options.base, where);
  requireOneLogin(options.registry, [...sources, target, baseLocation]);
  await using engine = lazyEngine(workspace, options);
  const openOptions = { ...options, base: undefined, engine: engine.get };
  const held: AsyncDisposable[] = [];
  try {
    const inputs: Input[] = [];
    for (const [at, source] of sources.entries()) {
      const opened = await openIn(workspace, source, openOptions);
      held.push(opened.source);
      for (const text of noticesOf(opened)) options.onEvent?.({ type: 'notice', text });
      inputs.push({ from: texts[at] ?? '', opened, images: await imagesFrom(opened, options) });
    }
    const base = baseLocation && (await openIn(workspace, baseLocation, openOptions));
    if (base) held.push(base.source);
    const based: BasedInput[] = [];
    for (const each of inputs)
      based.push({ ...each, based: await applyBase(each.opened, each.images, base) });
    await using destination = await openDestination(workspace, target, {
      ...options,
      openEngine: engine.get,
    });
    const as = options.as ?? destination.reference;
    const all = inputs.flatMap(({ images }) => images);
    if (as !== undefined) requireOne(all, as, to);
    const preparing = { ...options, as, hasReferrers: destination.isEngine !== true };
    const batches: Batch[] = [];
    for (const each of based) {
      const prepared = await prepareCopy(workspace, each.based.opened, each.images, preparing);
      held.push(prepared);
      batches.push({ ...each, moving: prepared.moving });
    }
    if (!options.dryRun) {
      const moving = batches.flatMap((each) => each.moving);
      await makeRoomFor(workspace, moving, destination, options);
      for (const each of batches) await send(each.moving, each.based, destination.sink, options);
      await destination.sink.commit(options);
    }
    return batches.flatMap((batch) => batch.moving.map((each) => resultOf(each, batch.from, to)));
  } finally {
    for (const each of held.reverse()) await each[Symbol.asyncDispose]();
  }
}

/** One source, with the images to copy from it. */
interface Input {
  /** Its location as given. */
  readonly from: string;
  readonly opened: Opened;
  readonly images: readonly NamedDescriptor[];
}

interface BasedInput extends Input {
  readonly based: DeltaInput;
}

interface Batch extends BasedInput {
  readonly moving: readonly ImageToCopy[];
}

/** @throws ImageError USAGE (several images for one name) */
function requireOne(images: readonly NamedDescriptor[], as: string, to: string): void {
  if (images.length > 1)
    throw new ImageError('USAGE', `${to}: expected one image to name ${as}, got ${images.length}`);
}

/** @throws ImageError NO_SPACE */
async function makeRoomFor(
  workspace: Workspace,
  moving: readonly ImageToCopy[],
  { path }: Destination,
  options: CopyImagesOptions,
): Promise<void> {
  const bytes = moving.reduce((sum, { graph }) => sum + sizeOf(graph), 0);
  if (path !== undefined) await makeRoom(workspace, [{ path, bytes }], options);
}

async function send(
  moving: readonly ImageToCopy[],
  { leftOut }: DeltaInput,
  sink: Sink,
  options: CopyImagesOptions,
): Promise<void> {
  for (const { source, graph, reference } of moving) {
    const sent = leftOut ? await omitBlobs(graph, leftOut) : graph;
    await copyGraph(source, sent, sink, { ...options, as: reference });
    if (reference !== undefined) await sink.tag(graph.root, reference, options);
  }
}

function resultOf(
  { graph, before, reference }: ImageToCopy,
  from: string,
  to: string,
): CopiedImage {
  return {
    source: from,
    destination: to,
    reference: reference ?? null,
    digest: graph.root.digest,
    before,
    bytes: sizeOf(graph),
  };
}

/** Adds to the error for several images that all of them can be copied. */
function offerAll(error: unknown): never {
  if (!(error instanceof ImageError) || error.code !== 'AMBIGUOUS') throw error;
  const { message, location, wording: said } = error;
  throw new ImageError(error.code, message, {
    hint: wording`${option('all')} takes all of them. ${said.hint ?? ''}`,
    cause: error,
    ...(location === undefined ? {} : { location }),
  });
}

async function imagesFrom(
  { source, reference }: Opened,
  options: CopyImagesOptions,
): Promise<NamedDescriptor[]> {
  if (!options.all) return [await source.resolve(reference, options).catch(offerAll)];
  const images: NamedDescriptor[] = [];
  for await (const image of source.list(options)) images.push(image);
  if (images.length === 0) throw new ImageError('NOT_FOUND', `${source.location}: it has no image`);
  return withDistinctNames(source, images);
}
