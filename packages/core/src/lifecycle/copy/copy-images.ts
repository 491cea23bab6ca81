import type { ConvertOptions } from '../../convert/convert-options.js';
import { keepClients } from '../../distribution/kept-clients.js';
import { ImageError } from '../../errors.js';
import { parseDestination, parseLocation, type Location } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import type { PlatformChoice } from '../../oci/platform.js';
import type { Opened } from '../../open.js';
import { copyGraph } from '../../transfer/copy.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import { sizeOf } from '../../transfer/graph/graph.js';
import { requireHeld } from '../../transfer/require-held.js';
import type { Bytes, Sink, Source } from '../../transfer/store.js';
import { withBase } from '../../transfer/with-base.js';
import { bring } from '../build/bring.js';
import { makeRoom } from '../prune/make-room.js';
import { parseBase } from '../workspace/base-locations.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { atOnce, mapInputs, MOVED_IMAGES } from '../workspace/inputs/map-inputs.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { applyBase, contentToSend, type ContentToSend } from './delta.js';
import { openDestination, type Destination, type DestinationOptions } from './destination.js';
import type { ImageToCopy } from './copy-referrers.js';
import { imagesFrom } from './images-from.js';
import { prepareCopy } from './prepare-copy.js';
import { requireManifestPlace, writeTransferManifest } from './write-manifest.js';

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
  readonly base?: string | readonly string[] | undefined;
  /** Name of the image at the destination, exactly as given. */
  readonly as?: string | undefined;
  /** The platforms to copy of each image; when omitted, all of them, and of an engine's image those that are there. */
  readonly platforms?: PlatformChoice | undefined;
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
  /** Digest before conversion, and of the index if platforms were chosen; equal to `digest` if nothing changed. */
  readonly before: Digest;
  /** Size of the content of the image that the source has. */
  readonly bytes: number;
  /** Size of the content that the base lacks; equal to `bytes` without a base to leave out. */
  readonly newBytes: number;
}

/**
 * Copies images. Without `convert` every byte and therefore every digest stays the same. Signatures, SBOMs and other
 * referrers are copied too, except to an engine and those of a manifest whose digest the conversion changed.
 *
 * @param from one location or several; patterns and folders stand for the archives in them. All sources are opened and
 *   their structure is checked before anything is written.
 * @throws ImageError of the source and the destination; AMBIGUOUS (several images), NO_SPACE
 */
export async function copyImages(
  workspace: Workspace,
  from: string | readonly string[],
  to: string,
  options: CopyImagesOptions,
): Promise<CopiedImage[]> {
  const where = { ...workspace, cwd: options.cwd };
  const sources: Location[] = [];
  const texts = typeof from === 'string' ? [from] : from;
  for (const text of await expandInputs(texts, options.cwd))
    sources.push(await parseLocation(text, where));
  const target = await parseDestination(to, where);
  const baseLocations = await parseBase(options.base, where);
  if (options.manifest) requireManifestPlace(target);
  requireOneLogin(options.registry, [...sources, target, ...baseLocations]);
  await using engine = lazyEngine(workspace, options);
  const openOptions = { ...options, base: undefined, engine: engine.get };
  const held: AsyncDisposable[] = [];
  const concurrency = atOnce(sources);
  await using _ = keepClients(workspace.surroundings);
  try {
    const inputs = await mapInputs(
      sources,
      async (source): Promise<CopyInput> => {
        await bring(workspace, source, options);
        const opened = await openIn(workspace, source, openOptions);
        held.push(opened.source);
        for (const text of noticesOf(opened)) options.onEvent?.({ type: 'notice', text });
        return { from: source.text, opened, images: await imagesFrom(opened, options) };
      },
      { ...options, concurrency },
    );
    const bases: Source[] = [];
    for (const location of baseLocations) {
      const { source } = await openIn(workspace, location, {
        ...openOptions,
        platforms: undefined,
      });
      held.push(source);
      bases.push(source);
    }
    const [first, ...others] = bases;
    const base = first && others.reduce(withBase, first);
    await using destination = await openDestination(workspace, target, {
      ...options,
      openEngine: engine.get,
    });
    const as = options.as ?? destination.reference;
    const count = inputs.reduce((sum, { images }) => sum + images.length, 0);
    if (as !== undefined) requireOne(count, as, to);
    const hasReferrers = destination.isEngine !== true;
    const prepare = async ({ from: input, opened, images }: CopyInput): Promise<Move[]> => {
      const based = await applyBase(opened, images, base);
      const preparing = { ...options, as, hasReferrers };
      const each = await prepareCopy(workspace, based.opened, images, preparing);
      held.push(each);
      const moves: Move[] = [];
      for (const image of each.moving)
        moves.push({ from: input, image, ...(await contentToSend(image.graph, based.leftOut)) });
      return moves;
    };
    // A conversion takes cores and space of its own.
    const preparing = { ...options, concurrency: options.convert ? 1 : concurrency };
    const moves = (await mapInputs(inputs, prepare, preparing)).flat();
    requireOnePerName(moves);
    const moving = { signal: options.signal, concurrency: Math.min(concurrency, MOVED_IMAGES) };
    await forEachOf(moves, moving, ({ image }, signal) =>
      requireHeld(image, destination.sink, { ...options, signal }),
    );
    if (!options.dryRun && moves.length > 0) {
      await makeRoomFor(workspace, moves, destination, options);
      await forEachOf(moves, moving, (each, signal) =>
        send(each, destination.sink, { ...options, signal }),
      );
      await destination.sink.commit(options);
    }
    const results = moves.map((each) => resultOf(each, to));
    if (options.manifest && !options.dryRun && results.length > 0)
      await writeTransferManifest(workspace, target, results, options);
    return results;
  } finally {
    for (const each of held.reverse()) await each[Symbol.asyncDispose]();
  }
}

/** A source, open, and the images to copy from it. */
interface CopyInput {
  readonly from: string;
  readonly opened: Opened;
  readonly images: readonly NamedDescriptor[];
}

/** An image to copy, the source that it comes from, and the content that is sent. */
interface Move extends ContentToSend {
  readonly from: string;
  readonly image: ImageToCopy;
}

/** @throws ImageError USAGE (several images for one name) */
function requireOne(count: number, as: string, to: string): void {
  if (count > 1)
    throw new ImageError('USAGE', `${to}: ${as} cannot be the name of ${count} images`);
}

/** A destination keeps one image of a name. @throws ImageError USAGE */
function requireOnePerName(moves: readonly Move[]): void {
  const digests = new Map<string, Digest>();
  for (const { from, image } of moves) {
    const { reference, graph } = image;
    if (reference === undefined) continue;
    const { digest } = graph.root;
    const known = digests.get(reference) ?? digest;
    if (known !== digest)
      throw new ImageError(
        'USAGE',
        `${from}: ${reference} is the name of two images: ${known} and ${digest}`,
        { location: from },
      );
    digests.set(reference, known);
  }
}

/** @throws ImageError NO_SPACE */
async function makeRoomFor(
  workspace: Workspace,
  moves: readonly Move[],
  { path }: Destination,
  options: CopyImagesOptions,
): Promise<void> {
  const bytes = moves.reduce((sum, { sent }) => sum + sizeOf(sent), 0);
  if (path !== undefined) await makeRoom(workspace, [{ path, bytes }], options);
}

async function send(
  { image: { source, graph, reference }, sent }: Move,
  sink: Sink,
  options: CopyImagesOptions,
): Promise<void> {
  await copyGraph(source, sent, sink, { ...options, as: reference });
  if (reference !== undefined) await sink.tag(graph.root, reference, options);
}

function resultOf(
  { from, image: { graph, before, reference }, newBytes }: Move,
  to: string,
): CopiedImage {
  return {
    source: from,
    destination: to,
    reference: reference ?? null,
    digest: graph.root.digest,
    before,
    bytes: sizeOf(graph),
    newBytes,
  };
}
