import type { Descriptor } from '../oci/descriptor.js';
import {
  blobPath,
  INDEX_FILE,
  parseLayoutIndex,
  type NamedDescriptor,
  type NamingOptions,
} from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import type { Extent, LocatedSource } from './extent.js';
import type { Files } from './files.js';
import { resolveAmong } from './graph/resolve.js';
import type { Bytes, ReadOptions } from './store.js';
import { readAll } from './verified.js';

/** An OCI image layout (OCI image spec, image-layout.md) in a tar or a folder. Disposing it disposes of `files`. */
export class LayoutSource implements LocatedSource {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly lends = true;
  readonly #files: Files;
  readonly #images: readonly NamedDescriptor[];

  private constructor(
    location: string,
    files: Files,
    images: readonly NamedDescriptor[],
    limits: Limits | undefined,
  ) {
    this.location = location;
    this.limits = limits;
    this.#files = files;
    this.#images = images;
  }

  /** @throws ImageError NOT_FOUND (no index.json), INVALID, TOO_LARGE */
  static async open(
    location: string,
    files: Files,
    options: NamingOptions = {},
  ): Promise<LayoutSource> {
    const bytes = await readAll(files.read(INDEX_FILE), options.limits?.manifestBytes);
    return new LayoutSource(location, files, parseLayoutIndex(bytes, options), options.limits);
  }

  /** The same content with other images listed. Shares the files: dispose of only one of the two sources. */
  named(images: readonly NamedDescriptor[]): LayoutSource {
    return new LayoutSource(this.location, this.#files, images, this.limits);
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield* this.#images;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, this.#images, reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return (await this.#files.size(blobPath(descriptor.digest))) !== undefined;
  }

  read(descriptor: Descriptor, options?: ReadOptions): Bytes {
    return this.#files.read(blobPath(descriptor.digest), options);
  }

  async locate(descriptor: Descriptor): Promise<Extent | undefined> {
    return this.#files.locate(blobPath(descriptor.digest));
  }

  async members(): Promise<readonly Extent[]> {
    return this.#files.list();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}
