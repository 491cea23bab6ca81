import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Bytes, CallOptions, Open, ReadOptions, Source } from '../transfer/store.js';

/** Cuts a range out of a stream, because converted content can be read only from its beginning. */
export async function* rangeOf(
  bytes: Bytes,
  { start = 0, end = Infinity, signal }: ReadOptions = {},
): Bytes {
  let at = 0;
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    const part = chunk.subarray(Math.max(start - at, 0), Math.max(end - at, 0));
    at += chunk.byteLength;
    if (part.byteLength > 0) yield part;
    if (at >= end) return;
  }
}

/** A converted image: changed content from `content`, unchanged content from the original source. Owns neither. */
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
    const open = this.#content.get(descriptor.digest);
    return open ? rangeOf(open(), options) : this.#from.read(descriptor, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The conversion owns the converted content, and the caller owns the original source.
  }
}
