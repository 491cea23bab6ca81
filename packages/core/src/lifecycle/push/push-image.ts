import { convertImage, type ConvertOptions } from '../../convert/convert-image.js';
import { recompressLayer } from '../../convert/convert-layer.js';
import { compressionOf, layerType, type LayerCompression } from '../../convert/formats.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { isForeignLayerType, isPlainLayerType } from '../../oci/media-types.js';
import { parseReference } from '../../oci/reference.js';
import { copyGraph } from '../../transfer/copy.js';
import type { Bytes, Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import { imagesOf, sizeOf, type Graph } from '../../transfer/graph.js';
import { requireHeld } from '../../transfer/require-held.js';
import { tap } from '../../transfer/tap.js';
import type { LifecycleEvent, VerbOptions } from '../workspace/call.js';
import { mergeIndex, type PushableImage } from './merge-index.js';
import { PackedLayers } from './packed-layers.js';
import type { PushItem } from './push-items.js';
import { copyReferrers, missingReferrers } from './push-referrers.js';
import { option, wording } from '../../wording.js';

/** Options for pushing one image. */
export interface PushImageOptions
  extends Pick<VerbOptions, 'signal' | 'onEvent' | 'foreignLayers'> {
  /**
   * What to do if the tag names another image in the registry; `overwrite` when omitted. `merge` makes an index of the
   * platforms of both: of a platform that both have, `merge` takes the pushed image, `merge-keep` the existing one.
   */
  readonly onExistingTag?: 'overwrite' | 'skip' | 'error' | 'merge' | 'merge-keep' | undefined;
  /**
   * Layer compression. `auto` (default) gzips docker-archive layers and leaves images that already have a manifest digest
   * unchanged.
   */
  readonly compress?: 'auto' | 'none' | 'gzip' | 'zstd' | undefined;
}

type Options = PushImageOptions & { readonly packings: ReturnType<typeof createLayerMemory> };

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
/** On current networks a higher level takes longer than it saves. */
const COMPRESSION_LEVELS: Readonly<Record<LayerCompression, number | undefined>> = {
  none: undefined,
  gzip: 1,
  zstd: 1,
};

/** The result that {@link pushImage} would have, as far as it is known without a connection. */
export async function planPushImage(item: PushItem, options: Options): Promise<PushImageResult> {
  const ready = await predictImage(item, options);
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
  const expected = await predictImage(item, options);
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
  if (there && there.digest === root?.digest && isWhole) return complete(there.digest, root.digest);
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
      : ours;
  if (there?.digest === graph.root.digest && isWhole)
    return complete(there.digest, ours.graph.root.digest);
  await copyGraph(source, graph, sink, { signal: options.signal, onEvent, as: reference });
  if (ours.graph.root.digest === image.descriptor.digest)
    await copyReferrers(item, item.referrers, sink, { signal: options.signal, onEvent });
  if (tag !== undefined) await sink.tag(graph.root, reference);
  await sink.commit(options);
  return { digest: graph.root.digest, action: 'pushed', blobs: { ...sink.blobs }, bytesSent };
}

export function skippedResult(digest: Digest | null): PushImageResult {
  return { digest, action: 'skipped', blobs: NO_BLOBS, bytesSent: 0 };
}

function hasForeignLayers({ nodes }: Graph): boolean {
  return nodes.some(({ mediaType }) => isForeignLayerType(mediaType));
}

/** The compression to apply; undefined to keep the layers, and so the digest of the image, unchanged. */
function packingOf(
  { at, graph }: PushItem,
  { compress = 'auto' }: PushImageOptions,
): LayerCompression | undefined {
  if (compress !== 'auto') return compress;
  const isPlain = imagesOf(graph).some(({ layers }) =>
    layers.some(({ mediaType }) => isPlainLayerType(mediaType)),
  );
  const isComposed = at.kind === 'docker-archive' || at.half === 'docker' || at.kind === 'engine';
  return isComposed && isPlain ? 'gzip' : undefined;
}

/** Remembered recompressed layers by target compression; shared by all images of a push. */
export function createLayerMemory(cache: string): (compression: LayerCompression) => PackedLayers {
  const known = new Map<LayerCompression, PackedLayers>();
  return (compression) => {
    const how = `${compression}-${COMPRESSION_LEVELS[compression] ?? 0}`;
    const layers = known.get(compression) ?? new PackedLayers(cache, how);
    known.set(compression, layers);
    return layers;
  };
}

/** The image as it will be pushed; undefined if a layer was never recompressed, because its digest is not known yet. */
async function predictImage(item: PushItem, options: Options): Promise<PushableImage | undefined> {
  const { at, graph, image } = item;
  const compress = packingOf(item, options);
  if (compress === undefined) return { source: at.source, graph };
  const memory = options.packings(compress);
  const known = new Map<Digest, Descriptor>();
  for (const { layers } of imagesOf(graph))
    for (const layer of layers.filter(({ mediaType }) => isRepacked(mediaType, compress))) {
      const before = await memory.find(layer.digest);
      if (!before) return undefined;
      known.set(layer.digest, before);
    }
  const pack: Packing = async (source, layer, how) => ({
    descriptor: {
      ...(known.get(layer.digest) ?? layer),
      mediaType: layerType(compress, how.format),
    },
    open: () => recompressLayer(source, layer, how),
  });
  return convertLayers(at.source, image, { ...options, compress, pack });
}

/** The image as it will be pushed, its recompressed layers already uploaded. */
async function recompressImage(
  item: PushItem,
  sink: Repository,
  options: Options & { readonly onSent: (bytes: number) => void },
): Promise<PushableImage> {
  const { at, graph, image } = item;
  const { onEvent, onSent, signal } = options;
  const compress = packingOf(item, options);
  if (compress === undefined) return { source: at.source, graph };
  const memory = options.packings(compress);
  const pack: Packing = async (source, layer, { level = COMPRESSION_LEVELS[compress], ...how }) => {
    const mediaType = layerType(compress, how.format);
    const open = (): Bytes =>
      tap(recompressLayer(source, layer, { ...how, level }), ({ byteLength: bytes }) =>
        onEvent?.({ type: 'progress', descriptor: layer, bytes }),
      );
    const descriptor = await memory.bring(
      layer.digest,
      (before) => sink.holds(before, { signal }),
      async () => {
        onEvent?.({ type: 'start', bytes: layer.size, nodes: 1 });
        const made = await sink.ingest(mediaType, open, { signal });
        onSent(made.size);
        return made;
      },
    );
    return { descriptor: { ...descriptor, mediaType }, open };
  };
  return convertLayers(at.source, image, { ...options, compress, pack });
}

type Packing = NonNullable<ConvertOptions['pack']>;

async function convertLayers(
  source: Source,
  image: NamedDescriptor,
  {
    compress,
    pack,
    signal,
    onEvent,
  }: PushImageOptions & { readonly compress: LayerCompression; readonly pack: Packing },
): Promise<PushableImage> {
  const onNotice = (text: string): void => onEvent?.({ type: 'notice', text });
  const converted = await convertImage(source, image, { compress, pack, signal, onNotice });
  return {
    source: converted.source,
    graph: await walk(converted.source, converted.to, { signal }),
  };
}

/** Whether a layer of this media type must be recompressed. */
function isRepacked(mediaType: string, compress: LayerCompression): boolean {
  const now = compressionOf(mediaType);
  return now !== undefined && now !== compress;
}

function tagExists(reference: string, { digest }: Descriptor): ImageError {
  return new ImageError('CONFLICT', `${reference}: expected an unused tag, got ${digest}`, {
    location: reference,
    hint: wording`Replace it with ${option('onExistingTag', 'overwrite')}, merge the platforms of both with merge, or keep it with skip.`,
  });
}
