import { ImageError } from '../errors.js';
import { describe, editDescriptor, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { objectIn, objectsIn, parseJsonObject, type JsonObject } from '../oci/json.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isImageConfigType } from '../oci/media-types.js';
import { ATTESTS, type ImageIndex, type ImageManifest } from '../oci/manifest.js';
import { oneChunk } from '../transfer/copy.js';
import type { Open, Source } from '../transfer/store.js';
import { forEachOf } from '../transfer/for-each-of.js';
import { walk } from '../transfer/graph/walk.js';
import type { Graph } from '../transfer/graph/graph.js';
import { convertLayer, type ConvertedLayer, type LayerOptions } from './convert-layer.js';
import { ConvertedSource } from './converted-source.js';
import type { ConvertOptions } from './convert-options.js';
import { compressionOf, formatOf, toFormat, type Format } from './formats.js';
import { isWanted, isWhole, wantedImages, type WantedImages } from './wanted-images.js';

/** A converted image: its descriptors before and after, and a source to copy it from. Dispose it after the commit. */
export interface ConvertedImage extends AsyncDisposable {
  readonly from: Descriptor;
  readonly to: Descriptor;
  readonly source: Source;
  /** The content that changed, by digest. */
  readonly content: ReadonlyMap<Digest, Open>;
}

/**
 * Converts an image: selects platforms, changes the layer compression or the format. Configs, and thus diff IDs, do not
 * change. Manifests and indexes are edited: fields that the change does not concern stay, unknown ones too, and one in which
 * nothing changes keeps its bytes and its digest.
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
  const wanted = await wantedImages(source.location, graph, options.platforms);
  const conversion = new Conversion(source, { graph, wanted }, options);
  try {
    const to = await conversion.convertRoot();
    return {
      from,
      to,
      content: conversion.content,
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
  /** Digests of the content that the source lacks. */
  readonly #absent: ReadonlySet<Digest>;
  readonly #options: ConvertOptions;
  /** Conversions by digest of the old layer and format, so that a layer shared by several images is converted once. */
  readonly #layers = new Map<string, Promise<ConvertedLayer>>();
  /** Digests of converted manifests and indexes, by the digest before. */
  readonly #converted = new Map<string, Digest>();
  readonly #wanted: WantedImages;

  constructor(
    source: Source,
    { graph, wanted }: { readonly graph: Graph; readonly wanted: WantedImages },
    options: ConvertOptions,
  ) {
    this.#source = source;
    this.#graph = graph;
    this.#absent = new Set(graph.missing.map(({ digest }) => digest));
    this.#options = options;
    this.#wanted = wanted;
  }

  /** Converts the whole image, or the wanted platforms of an index. */
  async convertRoot(): Promise<Descriptor> {
    const { root } = this.#graph;
    const [only = root, ...others] = this.#wanted?.values() ?? [];
    return this.#convert(others.length === 0 ? only : root);
  }

  async #convert(node: Descriptor): Promise<Descriptor> {
    const document = this.#graph.documents.get(node.digest);
    if (!document?.manifest) throw document?.error ?? this.#missingContent(node);
    const { manifest, bytes } = document;
    const converted = await (manifest.kind === 'index'
      ? this.#convertIndex(node, manifest, bytes)
      : this.#convertManifest(node, manifest, bytes));
    this.#converted.set(node.digest, converted.digest);
    return converted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const converting of await Promise.allSettled(this.#layers.values()))
      if (converting.status === 'fulfilled') await converting.value[Symbol.asyncDispose]?.();
  }

  async #convertIndex(node: Descriptor, index: ImageIndex, bytes: Uint8Array): Promise<Descriptor> {
    const document = parseJsonObject(bytes, 'index');
    const written = objectsIn(document, 'manifests', node.digest);
    const edited = new Map<Descriptor, JsonObject>();
    for (const [at, child] of index.manifests.entries())
      if (child.annotations?.[ATTESTS] === undefined && isWanted(child, this.#graph, this.#wanted))
        edited.set(child, editDescriptor(written[at] ?? {}, child, await this.#convert(child)));
    const manifests = index.manifests.flatMap((child, at) => {
      const about = child.annotations?.[ATTESTS];
      if (about === undefined) return edited.get(child) ?? [];
      return this.#keepsAttestation(child, about) ? [written[at] ?? {}] : [];
    });
    const isSame =
      manifests.length === written.length && manifests.every((each, at) => each === written[at]);
    return this.#rewrite(node, document, isSame ? {} : { manifests });
  }

  /** Whether an attestation stays: its image does, unchanged. */
  #keepsAttestation(attestation: Descriptor, about: string): boolean {
    const { digest } = attestation;
    const now = this.#converted.get(about);
    if (now === about) return !this.#wanted || isWhole(attestation, this.#graph, this.#absent);
    if (now !== undefined || !this.#wanted)
      this.#options.onNotice?.(
        `${digest}: left out: it is an attestation of ${about}, whose digest has changed`,
      );
    return false;
  }

  async #convertManifest(
    node: Descriptor,
    { config, layers }: ImageManifest,
    bytes: Uint8Array,
  ): Promise<Descriptor> {
    // The layers of an artifact are not file systems, so they are not converted.
    if (!isImageConfigType(config.mediaType)) return node;
    const format = this.#formatFor(node);
    const changed = new Map<Descriptor, Descriptor>();
    // One conversion does not keep all cores busy all the time; a second one uses the idle time.
    await forEachOf(layers, { concurrency: 2, signal: this.#options.signal }, async (layer) => {
      changed.set(layer, await this.#layer(layer, format));
    });
    const document = parseJsonObject(bytes, 'manifest');
    const written = objectsIn(document, 'layers', node.digest);
    const edited = layers.map((layer, at) =>
      editDescriptor(written[at] ?? {}, layer, changed.get(layer) ?? layer),
    );
    const mediaType = this.#typeOf(config);
    const isSame = edited.every((each, at) => each === written[at]);
    return this.#rewrite(node, document, {
      ...(mediaType === config.mediaType
        ? {}
        : { config: { ...objectIn(document, 'config', node.digest), mediaType } }),
      ...(isSame ? {} : { layers: edited }),
    });
  }

  async #layer(layer: Descriptor, format: Format): Promise<Descriptor> {
    const now = compressionOf(layer.mediaType);
    const { compress: wanted = now, level, signal } = this.#options;
    // Foreign layers and those of unknown media types are not recompressed.
    const isKept =
      now === undefined || wanted === undefined || (wanted === now && level === undefined);
    if (isKept) return { ...layer, mediaType: this.#typeOf(layer) };
    const options = { format, compression: wanted, level, signal };
    const key = `${layer.digest} ${format}`;
    const converting = this.#layers.get(key) ?? this.#pack(layer, options);
    this.#layers.set(key, converting);
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

  /** The media type of content that is not recompressed: it changes only with a wanted format. */
  #typeOf({ mediaType }: Descriptor): string {
    const { format } = this.#options;
    return format === undefined ? mediaType : toFormat(mediaType, format);
  }

  #formatFor(node: Descriptor): Format {
    return this.#options.format ?? formatOf(node.mediaType) ?? 'oci';
  }

  /** Stores a document with changed fields and returns its descriptor; `node`, so that the bytes stay, without changes. */
  #rewrite(node: Descriptor, document: JsonObject, changes: JsonObject): Descriptor {
    const mediaType = this.#typeOf(node);
    const isSame = mediaType === node.mediaType;
    if (isSame && Object.keys(changes).length === 0) return node;
    const next = { ...document, ...changes, ...(isSame ? {} : { mediaType }) };
    const bytes = Buffer.from(JSON.stringify(next));
    const descriptor = describe(mediaType, bytes);
    this.content.set(descriptor.digest, () => oneChunk(bytes));
    return { ...node, ...descriptor };
  }

  #missingContent({ digest }: Descriptor): ImageError {
    const { location } = this.#source;
    const message = `${location}: ${digest} is missing`;
    return new ImageError('INCOMPLETE', message, { location });
  }
}
