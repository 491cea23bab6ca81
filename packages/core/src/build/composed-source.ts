import { ImageError } from '../errors.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { oneChunk } from '../transfer/copy.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Bytes, Open, ReadOptions, Source } from '../transfer/store.js';
import type { ComposedImage } from './compose.js';
import type { Layer } from './layer.js';

interface ComposedFrom {
  /** Closed with this source. */
  readonly layer: Layer | undefined;
  readonly base: Source | undefined;
  /** The base again, if this source has to close it. */
  readonly own: Source | undefined;
}

/** An image assembled from a generated manifest and config, an optional layer of files, and the layers of its base. */
export class ComposedSource implements Source {
  readonly location: string;
  readonly lends = true;
  readonly #image: NamedDescriptor;
  readonly #content: ReadonlyMap<Digest, Open>;
  readonly #base: Source | undefined;
  readonly #owned: readonly (AsyncDisposable | undefined)[];

  constructor(
    reference: string,
    { manifest, config }: ComposedImage,
    { layer, base, own }: ComposedFrom,
  ) {
    this.location = `build:${reference}`;
    this.#image = { descriptor: describe(MediaType.manifest, manifest), reference };
    this.#base = base;
    this.#owned = [layer, own];
    const parsed = parseManifest(MediaType.manifest, manifest);
    const content = new Map<Digest, Open>([
      [this.#image.descriptor.digest, () => oneChunk(manifest)],
    ]);
    if (parsed.kind === 'image') content.set(parsed.config.digest, () => oneChunk(config));
    if (layer) content.set(layer.descriptor.digest, layer.open);
    this.#content = content;
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield this.#image;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [this.#image], reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#content.has(descriptor.digest) || (await this.#base?.has(descriptor)) === true;
  }

  read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const open = this.#content.get(descriptor.digest);
    if (open) return sliceBytes(options.lend && open.lent ? open.lent() : open(), options);
    if (this.#base) return this.#base.read(descriptor, options);
    throw new ImageError('NOT_FOUND', `${this.location}: ${descriptor.digest} is missing`, {
      location: this.location,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#owned) await each?.[Symbol.asyncDispose]();
  }
}

async function* sliceBytes(
  bytes: Bytes,
  { start = 0, end = Infinity, signal }: ReadOptions,
): Bytes {
  let at = 0;
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    const wanted = chunk.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
    if (wanted.byteLength > 0) yield wanted;
    at += chunk.byteLength;
    if (at >= end) return;
  }
}
