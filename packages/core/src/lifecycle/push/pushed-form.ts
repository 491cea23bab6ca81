import { convertImage } from '../../convert/convert-image.js';
import type { ConvertOptions } from '../../convert/convert-options.js';
import { recompressLayer } from '../../convert/convert-layer.js';
import {
  compressionOf,
  layerType,
  type Format,
  type LayerCompression,
} from '../../convert/formats.js';
import type { PushCompression } from '../../definition/settings/settings-schema.js';
import { isLoopback } from '../../distribution/host.js';
import type { Repository } from '../../distribution/repository.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { isPlainLayerType } from '../../oci/media-types.js';
import { parseReference } from '../../oci/reference.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Bytes, Open, Source } from '../../transfer/store.js';
import { tap } from '../../transfer/tap.js';
import { walk } from '../../transfer/graph/walk.js';
import type { VerbOptions } from '../workspace/call.js';
import type { CachedLayer, CachedLayers } from './cached-layers.js';
import type { PushableImage } from './merge-index.js';
import { PackedLayers } from './packed-layers.js';
import type { PushItem } from './push-items.js';

/** The form in which an image is pushed. */
export interface PushedFormOptions extends Pick<VerbOptions, 'signal' | 'onEvent'> {
  /**
   * Layer compression; `push.compress` of the settings, or else `auto`, when omitted. `auto` leaves images that already
   * have a manifest digest unchanged, and gzips the layers of a docker-archive, but sends them as they are to a registry on
   * this machine: nobody waits for a network.
   */
  readonly compress?: PushCompression | undefined;
  /** Format of manifests, configs and layers, as media types. `keep` (default) leaves them, and so the digest, unchanged. */
  readonly format?: Format | 'keep' | undefined;
}

type Options = PushedFormOptions & { readonly packings: ReturnType<typeof createLayerMemory> };

/** On current networks a higher level takes longer than it saves. */
const COMPRESSION_LEVELS: Readonly<Record<LayerCompression, number | undefined>> = {
  none: undefined,
  gzip: 1,
  zstd: 1,
};

/** The form that the image is converted to; undefined to keep its layers and media types, and so its digest, unchanged. */
interface Target {
  readonly compress?: LayerCompression | undefined;
  readonly format?: Format | undefined;
}

function targetOf(item: PushItem, options: PushedFormOptions): Target | undefined {
  const compress = packingOf(item, options);
  const format = options.format === 'keep' ? undefined : options.format;
  return compress === undefined && format === undefined ? undefined : { compress, format };
}

function packingOf(
  { at, graph, reference }: PushItem,
  { compress = 'auto' }: PushedFormOptions,
): LayerCompression | undefined {
  if (compress !== 'auto') return compress;
  const isPlain = imagesOf(graph).some(({ layers }) =>
    layers.some(({ mediaType }) => isPlainLayerType(mediaType)),
  );
  const isComposed = at.kind === 'docker-archive' || at.half === 'docker' || at.kind === 'engine';
  const isNear = isLoopback(parseReference(reference).registry);
  return isComposed && isPlain && !isNear ? 'gzip' : undefined;
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
export async function predictImage(
  item: PushItem,
  options: Options,
): Promise<PushableImage | undefined> {
  const { at, graph, image } = item;
  const target = targetOf(item, options);
  if (!target) return { source: at.source, graph };
  const { compress } = target;
  if (compress === undefined) return convertLayers(at.source, image, { ...options, target });
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
  return convertLayers(at.source, image, { ...options, target, pack });
}

/** The image as it will be pushed, its recompressed layers already uploaded. */
export async function recompressImage(
  item: PushItem,
  sink: Repository,
  options: Options & {
    readonly onSent: (bytes: number) => void;
    /** Layers that are compressed already. */
    readonly cached?: CachedLayers | undefined;
  },
): Promise<PushableImage> {
  const { at, graph, image } = item;
  const { onEvent, onSent, signal, cached } = options;
  const { registry } = parseReference(item.reference);
  const target = targetOf(item, options);
  if (!target) return { source: at.source, graph };
  const { compress } = target;
  if (compress === undefined) return convertLayers(at.source, image, { ...options, target });
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
        const found = await cached?.find(layer.digest, compress, { signal });
        if (found) {
          const from = found.origin?.registry === registry ? found.origin.repository : undefined;
          if (await sink.holds(found.descriptor, { signal, from })) return found.descriptor;
          onEvent?.({ type: 'start', bytes: found.descriptor.size, nodes: 1 });
          await sink.write(found.descriptor, progressing(found, onEvent), { signal });
          onSent(found.descriptor.size);
          return found.descriptor;
        }
        onEvent?.({ type: 'start', bytes: layer.size, nodes: 1 });
        const made = await sink.ingest(mediaType, open, { signal });
        onSent(made.size);
        return made;
      },
    );
    return { descriptor: { ...descriptor, mediaType }, open };
  };
  return convertLayers(at.source, image, { ...options, target, pack });
}

/** Opens a layer, and tells how much of it was read. */
function progressing(
  { descriptor, open }: CachedLayer,
  onEvent: PushedFormOptions['onEvent'],
): Open {
  return (start) =>
    tap(open(start), ({ byteLength: bytes }) => onEvent?.({ type: 'progress', descriptor, bytes }));
}

type Packing = NonNullable<ConvertOptions['pack']>;

async function convertLayers(
  source: Source,
  image: NamedDescriptor,
  {
    target,
    pack,
    signal,
    onEvent,
  }: PushedFormOptions & { readonly target: Target; readonly pack?: Packing },
): Promise<PushableImage> {
  const onNotice = (text: string): void => onEvent?.({ type: 'notice', text });
  const converted = await convertImage(source, image, { ...target, pack, signal, onNotice });
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
