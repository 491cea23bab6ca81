import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { isForeignLayerType } from '../../oci/media-types.js';
import { parseReference } from '../../oci/reference.js';
import { copyGraph } from '../../transfer/copy.js';
import { sizeOf, type Graph } from '../../transfer/graph/graph.js';
import { requireHeld } from '../../transfer/require-held.js';
import type { LifecycleEvent, VerbOptions } from '../workspace/call.js';
import { annotateImage } from './annotated-index.js';
import type { CachedLayers } from './cached-layers.js';
import { mergeIndex, type PushableImage } from './merge-index.js';
import type { PushItem } from './push-items.js';
import {
  predictImage,
  recompressImage,
  type createLayerMemory,
  type PushedFormOptions,
} from './pushed-form.js';
import { copyReferrers, missingReferrers } from './push-referrers.js';
import { option, wording } from '../../wording.js';

/** Options for pushing one image. */
export interface PushImageOptions extends PushedFormOptions, Pick<VerbOptions, 'foreignLayers'> {
  /**
   * What to do if the tag names another image in the registry; `overwrite` when omitted. `merge` makes an index of the
   * platforms of both: of a platform that both have, `merge` takes the pushed image, `merge-keep` the existing one.
   */
  readonly onExistingTag?: 'overwrite' | 'skip' | 'error' | 'merge' | 'merge-keep' | undefined;
  /**
   * Annotations of an index that the tag then names; the image in it keeps its digest. Not with `merge` and `merge-keep`.
   */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

type Options = PushImageOptions & {
  readonly packings: ReturnType<typeof createLayerMemory>;
  readonly cached?: CachedLayers | undefined;
};

/** The outcome of pushing one image. */
export interface PushImageResult {
  /** Manifest digest in the registry; null in a dry run if layers still need compression. */
  readonly digest: Digest | null;
  readonly action: 'pushed' | 'skipped';
  readonly blobs: { readonly sent: number; readonly mounted: number; readonly existing: number };
  /** Bytes sent; in a dry run an upper bound. */
  readonly bytesSent: number;
}

const NO_BLOBS = { sent: 0, mounted: 0, existing: 0 };
/** The result that {@link pushImage} would have, as far as it is known without a connection. */
export async function planPushImage(item: PushItem, options: Options): Promise<PushImageResult> {
  const predicted = await predictImage(item, options);
  const ready = predicted && (await annotated(predicted, options));
  const digest = ready?.graph.root.digest ?? null;
  const bytesSent = sizeOf((ready ?? item).graph);
  return { digest, action: 'pushed', blobs: NO_BLOBS, bytesSent };
}

/**
 * Pushes one image and its referrers. An image that the tag already names takes one request, and those that find out
 * which of its referrers are missing. Layers are recompressed while they are sent; their digests are remembered, so the next push need not do it again.
 *
 * @throws ImageError CONFLICT (`onExistingTag: 'error'`); any error of the source and the registry
 */
export async function pushImage(
  item: PushItem,
  sink: Repository,
  options: Options,
): Promise<PushImageResult> {
  const { image, reference } = item;
  const { onExistingTag = 'overwrite' } = options;
  const { tag } = parseReference(reference);
  const plain = await predictImage(item, options);
  const expected = plain && (await annotated(plain, options));
  const root = expected?.graph.root;
  const known = async (digest: Digest) => (digest === root?.digest ? root : undefined);
  const there = tag === undefined ? undefined : await sink.find(tag, { ...options, known });
  // A registry that has the image may still lack its foreign layers.
  const isWhole = !options.foreignLayers || !hasForeignLayers(item.graph);
  let bytesSent = 0;
  const onEvent = (event: LifecycleEvent): void => {
    if (event.type === 'progress') bytesSent += event.bytes;
    options.onEvent?.(event);
  };
  /** Completes an image that the tag names already. */
  const complete = async (now: Digest, kept: Digest | undefined): Promise<PushImageResult> => {
    const isKept = kept === image.descriptor.digest;
    const missing = isKept ? await missingReferrers(item, sink, options) : [];
    if (missing.length === 0) return { ...skippedResult(now), bytesSent };
    options.onEvent?.({ type: 'step', subject: reference, text: 'pushing' });
    await copyReferrers(item, missing, sink, { signal: options.signal, onEvent });
    await sink.commit(options);
    return { digest: now, action: 'pushed', blobs: { ...sink.blobs }, bytesSent };
  };
  if (there && there.digest === root?.digest && isWhole)
    return complete(there.digest, plain?.graph.root.digest);
  if (there && onExistingTag === 'skip') return skippedResult(there.digest);
  if (there && onExistingTag === 'error') throw tagExists(reference, there);
  options.onEvent?.({ type: 'step', subject: reference, text: 'pushing' });
  await requireHeld({ source: item.at.source, graph: item.graph }, sink, options);
  const ours = await recompressImage(item, sink, {
    ...options,
    onSent: (bytes) => (bytesSent += bytes),
  });
  const isMerged = onExistingTag === 'merge' || onExistingTag === 'merge-keep';
  const { source, graph } =
    there && isMerged
      ? await mergeIndex(ours, sink, there, { ...options, keep: onExistingTag === 'merge-keep' })
      : await annotated(ours, options);
  if (there?.digest === graph.root.digest && isWhole)
    return complete(there.digest, ours.graph.root.digest);
  noteNewDigest(item, ours, options);
  await copyGraph(source, graph, sink, { signal: options.signal, onEvent, as: reference });
  if (ours.graph.root.digest === image.descriptor.digest)
    await copyReferrers(item, item.referrers, sink, { signal: options.signal, onEvent });
  if (tag !== undefined) await sink.tag(graph.root, reference);
  await sink.commit(options);
  return { digest: graph.root.digest, action: 'pushed', blobs: { ...sink.blobs }, bytesSent };
}

async function annotated(image: PushableImage, options: Options): Promise<PushableImage> {
  const { annotations } = options;
  return annotations ? await annotateImage(image, annotations, options) : image;
}

/** Says that other media types give another digest, which referrers do not refer to. */
function noteNewDigest(
  { reference, image, referrers }: PushItem,
  { graph }: PushableImage,
  { format = 'keep', onEvent }: PushImageOptions,
): void {
  const [before, now] = [image.descriptor.digest, graph.root.digest];
  if (format === 'keep' || before === now) return;
  const left =
    referrers.length > 0 ? '; its signatures and SBOMs refer to the old one, and are left out' : '';
  const text = `${reference}: the digest was ${before} and is ${now} with the media types of ${format}${left}`;
  onEvent?.({ type: 'notice', text });
}

export function skippedResult(digest: Digest | null): PushImageResult {
  return { digest, action: 'skipped', blobs: NO_BLOBS, bytesSent: 0 };
}

function hasForeignLayers({ nodes }: Graph): boolean {
  return nodes.some(({ mediaType }) => isForeignLayerType(mediaType));
}

function tagExists(reference: string, { digest }: Descriptor): ImageError {
  return new ImageError('CONFLICT', `${reference}: the tag names another image there, ${digest}`, {
    location: reference,
    hint: wording`Replace it with ${option('onExistingTag', 'overwrite')}, merge the platforms of both with merge, or keep it with skip.`,
  });
}
