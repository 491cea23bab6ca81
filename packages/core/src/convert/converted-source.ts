import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { resolveAmong } from '../transfer/resolve.js';
import type { Bytes, CallOptions, Open, ReadOptions, Source } from '../transfer/store.js';

/** What was converted, and for the rest the source that it came from. Owns neither. */
export class ConvertedSource implements Source {
  readonly location: string;
  readonly #from: Source;
  readonly #image: NamedDescriptor;
  readonly #content: ReadonlyMap<Digest, Open>;

  constructor(from: Source, image: NamedDescriptor, content: ReadonlyMap<Digest, Open>) {
    this.location = from.location;
    this.#from = from;
    this.#image = image;
    this.#content = content;
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield this.#image;
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, [this.#image], reference);
  }

  async has(descriptor: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#content.has(descriptor.digest) || this.#from.has(descriptor, options);
  }

  read(descriptor: Descriptor, options?: ReadOptions): Bytes {
    return this.#content.get(descriptor.digest)?.() ?? this.#from.read(descriptor, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The conversion owns what was made, and the caller what it was made from.
  }
}
