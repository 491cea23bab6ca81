import { ImageError } from '../src/errors.js';
import type { Descriptor } from '../src/oci/descriptor.js';
import type { Digest } from '../src/oci/digest.js';
import type { NamedDescriptor } from '../src/oci/layout.js';
import { canonicalReference } from '../src/oci/reference.js';
import { resolveAmong } from '../src/transfer/graph/resolve.js';
import type { Bytes, Open, ReadOptions, Store } from '../src/transfer/store.js';
import { verified } from '../src/transfer/verified.js';
import type { Graph } from '../src/transfer/graph/graph.js';

/** A store in memory, with the whole contract of a store. */
export class MemoryStore implements Store {
  readonly location = 'memory:';
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly #roots = new Map<Digest, Descriptor>();
  readonly #tags = new Map<string, Descriptor>();
  readonly #begun = new Map<Digest, Descriptor>();
  readonly #staged = new Map<string, Descriptor>();

  async *list(): AsyncIterable<NamedDescriptor> {
    yield* this.#images();
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, this.#images(), reference);
  }

  async has({ digest }: Descriptor): Promise<boolean> {
    return this.blobs.has(digest);
  }

  async *read({ digest }: Descriptor, { start = 0, end, signal }: ReadOptions = {}): Bytes {
    const bytes = this.blobs.get(digest)?.subarray(start, end);
    if (!bytes) throw new ImageError('NOT_FOUND', `${this.location}: no ${digest}`);
    for (let at = 0; at < bytes.length; at += 1000) {
      signal?.throwIfAborted();
      yield bytes.subarray(at, at + 1000);
    }
  }

  async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    this.#begun.set(graph.root.digest, graph.root);
    const isWanted = ({ digest }: Descriptor) =>
      !this.blobs.has(digest) || graph.documents.get(digest)?.manifest !== undefined;
    return new Set(graph.nodes.filter(isWanted).map(({ digest }) => digest));
  }

  async write(descriptor: Descriptor, open: Open): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of verified(open(), descriptor)) chunks.push(chunk);
    this.blobs.set(descriptor.digest, Buffer.concat(chunks));
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    if (!this.blobs.has(descriptor.digest))
      throw new ImageError('NOT_FOUND', `${this.location}: no ${descriptor.digest}`);
    this.#staged.set(canonicalReference(reference), descriptor);
  }

  async commit(): Promise<void> {
    for (const [digest, root] of this.#begun)
      if (this.blobs.has(digest)) this.#roots.set(digest, root);
    for (const [reference, descriptor] of this.#staged) this.#tags.set(reference, descriptor);
    this.#begun.clear();
    this.#staged.clear();
  }

  async untag(reference: string): Promise<void> {
    if (!this.#tags.delete(canonicalReference(reference))) {
      throw new ImageError('NOT_FOUND', `${this.location}: no ${reference}`);
    }
  }

  async remove({ digest }: Descriptor): Promise<void> {
    this.#roots.delete(digest);
    for (const [reference, tagged] of this.#tags)
      if (tagged.digest === digest) this.#tags.delete(reference);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#begun.clear();
    this.#staged.clear();
  }

  #images(): NamedDescriptor[] {
    const named = [...this.#tags]
      .sort()
      .map(([reference, descriptor]) => ({ reference, descriptor }));
    const seen = new Set(named.map(({ descriptor }) => descriptor.digest));
    return [
      ...named,
      ...[...this.#roots.values()]
        .filter(({ digest }) => !seen.has(digest))
        .map((descriptor) => ({ descriptor })),
    ];
  }
}
