import { describe, withoutAnnotations, type Descriptor } from '../oci/descriptor.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { formatIndex } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import type { Platform } from '../oci/platform.js';
import { oneChunk } from '../transfer/copy.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Bytes, ReadOptions, Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';

/** An image for one platform; the only image of its source. */
export interface PlatformImage {
  readonly platform: Platform;
  readonly source: Source;
}

/** Makes a source with one index of images for several platforms. It owns and disposes of their sources. */
export async function createIndexSource(
  reference: string,
  images: readonly PlatformImage[],
): Promise<Source> {
  const children = await Promise.all(
    images.map(async ({ platform, source }): Promise<Descriptor> => {
      const { descriptor } = await source.resolve();
      return {
        ...withoutAnnotations(descriptor),
        platform: await describePlatform(source, descriptor, platform),
      };
    }),
  );
  return new IndexSource(reference, formatIndex(children), images);
}

/** The platform with the version and the features of the OS in the config of its image. */
async function describePlatform(
  source: Source,
  root: Descriptor,
  platform: Platform,
): Promise<Platform> {
  const [image] = imagesOf(await walk(source, root, { missing: 'report' }));
  const { 'os.version': version, 'os.features': features } = image?.config.platform ?? platform;
  return {
    ...platform,
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
  };
}

class IndexSource implements Source {
  readonly location: string;
  readonly #index: Uint8Array;
  readonly #root: NamedDescriptor;
  readonly #images: readonly PlatformImage[];

  constructor(reference: string, index: Uint8Array, images: readonly PlatformImage[]) {
    this.location = `build:${reference}`;
    this.#index = index;
    this.#images = images;
    this.#root = { descriptor: describe(MediaType.index, index), reference };
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield this.#root;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [this.#root], reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#isRoot(descriptor) || (await this.#holder(descriptor)) !== undefined;
  }

  async *read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    if (this.#isRoot(descriptor)) {
      yield* oneChunk(this.#index.subarray(options.start ?? 0, options.end));
      return;
    }
    const holder = (await this.#holder(descriptor)) ?? this.#images[0]?.source;
    if (holder) yield* holder.read(descriptor, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { source } of this.#images) await source[Symbol.asyncDispose]();
  }

  #isRoot({ digest }: Descriptor): boolean {
    return digest === this.#root.descriptor.digest;
  }

  async #holder(descriptor: Descriptor): Promise<Source | undefined> {
    for (const { source } of this.#images) if (await source.has(descriptor)) return source;
    return undefined;
  }
}
