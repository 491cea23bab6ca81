import { ImageError } from '../errors.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { parseJsonObject } from '../oci/json.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isImageConfigType } from '../oci/media-types.js';
import { ATTESTS, type ImageIndex, type ImageManifest } from '../oci/manifest.js';
import type { Platform } from '../oci/platform.js';
import { oneChunk } from '../transfer/copy.js';
import type { CallOptions, Open, Source } from '../transfer/store.js';
import { forEachOf } from '../transfer/for-each-of.js';
import { childrenOf, imageFor } from '../transfer/select-platform.js';
import { walk } from '../transfer/walk.js';
import type { Graph } from '../transfer/graph.js';
import { convertLayer, type ConvertedLayer, type LayerOptions } from './convert-layer.js';
import { ConvertedSource } from './converted-source.js';
import {
  compressionOf,
  formatOf,
  toFormat,
  type Format,
  type LayerCompression,
} from './formats.js';

/** Options of {@link convertImage}. */
export interface ConvertOptions extends CallOptions {
  /** Platforms to keep; all when omitted or empty. One platform gives an image manifest, several an index. */
  readonly platforms?: readonly Platform[] | undefined;
  /** Compression of every layer; unchanged when omitted. */
  readonly compress?: LayerCompression | undefined;
  /** Compression level of gzip or zstd; the default of the format when omitted. Without it, layers that have the wanted
   * compression are not recompressed. */
  readonly level?: number | undefined;
  /** Format of manifests, configs and layers; unchanged when omitted. */
  readonly format?: Format | undefined;
  /** Folder for converted layers until they are copied. Required with `compress`, unless `pack` is given. */
  readonly spoolFolder?: string | undefined;
  /** Converts one layer, in place of the default that writes it to `spoolFolder`. */
  readonly pack?:
    | ((source: Source, layer: Descriptor, options: LayerOptions) => Promise<ConvertedLayer>)
    | undefined;
  /** Called with messages for the user, for example about attestations that are left out. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** A converted image: its descriptors before and after, and a source to copy it from. Dispose it after the commit. */
export interface ConvertedImage extends AsyncDisposable {
  readonly from: Descriptor;
  readonly to: Descriptor;
  readonly source: Source;
}

/**
 * Converts an image: selects platforms, changes the layer compression or the format. Configs, and thus diff IDs, do not
 * change; a manifest gets a new digest if its content changes.
 *
 * @throws ImageError NOT_FOUND (a platform), USAGE (zstd in docker's format), as `walk`
 * @example
 * const image = await source.resolve('app:1');
 * await using converted = await convertImage(source, image, { compress: 'zstd', format: 'oci', spoolFolder: tmpdir() });
 * await copy(converted.source, undefined, sink);
 * await sink.commit();
 */
export async function convertImage(
  source: Source,
  { descriptor: from, reference }: NamedDescriptor,
  options: ConvertOptions,
): Promise<ConvertedImage> {
  const isPart = (options.platforms ?? []).length > 0;
  const graph = await walk(source, from, { ...options, missing: isPart ? 'report' : 'fail' });
  const conversion = new Conversion(source, graph, options);
  try {
    const to = await conversion.convert(from);
    return {
      from,
      to,
      source: new ConvertedSource(
        source,
        { descriptor: to, ...(reference === undefined ? {} : { reference }) },
        conversion.content,
      ),
      [Symbol.asyncDispose]: () => conversion[Symbol.asyncDispose](),
    };
  } catch (error) {
    await conversion[Symbol.asyncDispose]();
    throw error;
  }
}

class Conversion implements AsyncDisposable {
  readonly content = new Map<Digest, Open>();
  readonly #source: Source;
  readonly #graph: Graph;
  readonly #options: ConvertOptions;
  /** Conversions by digest of the old layer, so that a layer shared by several images is converted once. */
  readonly #layers = new Map<Digest, Promise<ConvertedLayer>>();

  constructor(source: Source, graph: Graph, options: ConvertOptions) {
    this.#source = source;
    this.#graph = graph;
    this.#options = options;
  }

  async convert(node: Descriptor): Promise<Descriptor> {
    const document = this.#graph.documents.get(node.digest);
    if (!document?.manifest) throw document?.error ?? this.#missingContent(node);
    const { manifest, bytes } = document;
    return manifest.kind === 'index'
      ? this.#convertIndex(node, manifest, bytes)
      : this.#convertManifest(node, manifest, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const converting of await Promise.allSettled(this.#layers.values()))
      if (converting.status === 'fulfilled') await converting.value[Symbol.asyncDispose]?.();
  }

  async #convertIndex(node: Descriptor, index: ImageIndex, bytes: Uint8Array): Promise<Descriptor> {
    const chosen = this.#selectChildren(index);
    if (chosen.length === 1 && (this.#options.platforms ?? []).length === 1 && chosen[0])
      return this.convert(chosen[0]);
    const changed = new Map<Digest, Descriptor>();
    for (const child of chosen.filter((each) => each.annotations?.[ATTESTS] === undefined))
      changed.set(child.digest, { ...child, ...(await this.convert(child)) });
    const kept = chosen.flatMap((child) => {
      const about = child.annotations?.[ATTESTS] as Digest | undefined;
      if (about === undefined) return [changed.get(child.digest) ?? child];
      if (changed.get(about)?.digest === about) return [child];
      this.#options.onNotice?.(
        `${child.digest}: left out: it is an attestation of ${about}, whose digest has changed`,
      );
      return [];
    });
    return this.#rewrite(node, { ...parseJsonObject(bytes, 'index'), manifests: kept });
  }

  #selectChildren(index: ImageIndex): readonly Descriptor[] {
    const { platforms = [] } = this.#options;
    if (platforms.length === 0) return index.manifests;
    const { documents } = this.#graph;
    const images = childrenOf(index, (digest) => documents.get(digest)?.manifest);
    return platforms.map((wanted) => imageFor(this.#source.location, images, wanted));
  }

  async #convertManifest(
    node: Descriptor,
    { config, layers }: ImageManifest,
    bytes: Uint8Array,
  ): Promise<Descriptor> {
    // The layers of an artifact are not file systems, so they are not converted.
    if (!isImageConfigType(config.mediaType)) return node;
    const format = this.#formatFor(node);
    const changed = new Map<Digest, Descriptor>();
    // One conversion does not keep all cores busy all the time; a second one uses the idle time.
    await forEachOf(layers, { concurrency: 2, signal: this.#options.signal }, async (layer) => {
      changed.set(layer.digest, { ...layer, ...(await this.#layer(layer, format)) });
    });
    const converted = layers.map((layer) => changed.get(layer.digest) ?? layer);
    const mediaType = toFormat(config.mediaType, format);
    return this.#rewrite(node, {
      ...parseJsonObject(bytes, 'manifest'),
      config: { ...config, mediaType },
      layers: converted,
    });
  }

  async #layer(layer: Descriptor, format: Format): Promise<Descriptor> {
    const now = compressionOf(layer.mediaType);
    const { compress: wanted = now, level, signal } = this.#options;
    // Layers of unknown media types, such as foreign layers, are not converted.
    if (now === undefined || wanted === undefined) return layer;
    if (wanted === now && level === undefined)
      return { ...layer, mediaType: toFormat(layer.mediaType, format) };
    const options = { format, compression: wanted, level, signal };
    const converting = this.#layers.get(layer.digest) ?? this.#pack(layer, options);
    this.#layers.set(layer.digest, converting);
    const converted = await converting;
    this.content.set(converted.descriptor.digest, converted.open);
    return converted.descriptor;
  }

  #pack(layer: Descriptor, options: LayerOptions): Promise<ConvertedLayer> {
    const { pack, spoolFolder } = this.#options;
    if (pack) return pack(this.#source, layer, options);
    if (spoolFolder === undefined) throw new TypeError('expected a folder to keep layers in');
    return convertLayer(this.#source, layer, { ...options, spoolFolder });
  }

  #formatFor(node: Descriptor): Format {
    return this.#options.format ?? formatOf(node.mediaType) ?? 'oci';
  }

  /**
   * Stores a changed document and returns its descriptor; returns `node` when nothing changed, so that the bytes stay.
   */
  #rewrite(node: Descriptor, document: Readonly<Record<string, unknown>>): Descriptor {
    const before = this.#graph.documents.get(node.digest)?.bytes;
    const mediaType = toFormat(node.mediaType, this.#formatFor(node));
    const same = before && JSON.stringify(parseJsonObject(before, 'manifest'));
    const next = {
      ...document,
      ...('mediaType' in document || mediaType !== node.mediaType ? { mediaType } : {}),
    };
    if (same === JSON.stringify(next)) return node;
    const bytes = Buffer.from(JSON.stringify(next));
    const descriptor = describe(mediaType, bytes);
    this.content.set(descriptor.digest, () => oneChunk(bytes));
    return { ...node, ...descriptor };
  }

  #missingContent({ digest }: Descriptor): ImageError {
    return new ImageError(
      'INCOMPLETE',
      `${this.#source.location}: expected ${digest}, got no such content`,
      {
        location: this.#source.location,
      },
    );
  }
}
