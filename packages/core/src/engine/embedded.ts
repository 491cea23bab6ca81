import type { Descriptor } from '../oci/descriptor.js';
import { allocatedBytes, modifiedAt } from '../disk/allocated.js';
import { SharedRuns } from '../disk/shared-runs.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { FileStore } from '../store/file-store.js';
import { blobFile, imageFile, nameFile } from '../store/paths.js';
import { ImageError } from '../errors.js';
import type { Sink, Source } from '../transfer/store.js';
import type { Surroundings } from '../surroundings.js';
import { walk } from '../transfer/graph/walk.js';
import { sizeOf } from '../transfer/graph/graph.js';
import type { Graph } from '../transfer/graph/graph.js';
import type { Engine, EngineImage, ImagePart } from './engine.js';

/** The embedded store as an engine: it stores images and runs none. */
export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly location: string;
  readonly #root: string;
  readonly #store: FileStore;
  readonly #listings = new SharedRuns<ReadonlyMap<Digest, readonly string[]>>();

  constructor(root: string, clock: Pick<Surroundings, 'now'>) {
    this.#root = root;
    this.#store = new FileStore(root, clock);
    this.location = this.#store.location;
  }

  async takesZstd(): Promise<boolean> {
    return true;
  }

  async platform(): Promise<undefined> {
    return undefined;
  }

  async inspect(image: string): Promise<EngineImage | undefined> {
    try {
      const descriptor = await this.#store.find(image);
      return descriptor && (await this.#describe(descriptor, await this.#names()));
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async list(): Promise<readonly EngineImage[]> {
    const roots = new Map<Digest, Descriptor>();
    for await (const { descriptor } of this.#store.list()) roots.set(descriptor.digest, descriptor);
    const names = await this.#names();
    return Promise.all([...roots.values()].map((root) => this.#describe(root, names)));
  }

  async dataFolder(): Promise<string> {
    return this.#root;
  }

  async inUse(): Promise<ReadonlySet<Digest>> {
    return new Set();
  }

  async contents(): Promise<ReadonlyMap<Digest, readonly ImagePart[]>> {
    const names = await this.#names();
    const all = new Map<Digest, readonly ImagePart[]>();
    for await (const { descriptor } of this.#store.list())
      if (!all.has(descriptor.digest))
        all.set(descriptor.digest, await this.#partsOf(descriptor, names));
    return all;
  }

  async holds({ nodes, missing, documents }: Graph): Promise<ReadonlySet<Digest>> {
    const held = new Set<Digest>();
    for (const node of [...nodes, ...missing])
      if (!documents.has(node.digest) && (await this.#store.has(node))) held.add(node.digest);
    return held;
  }

  async tag(image: string, reference: string): Promise<void> {
    const { descriptor } = await this.#store.resolve(image);
    await this.#store.tag(descriptor, reference);
    await this.#store.commit();
  }

  async remove(reference: string): Promise<void> {
    const { descriptor } = await this.#store.resolve(reference);
    if (!isDigest(reference)) await this.#store.untag(reference);
    const names = await this.#names();
    if (!names.has(descriptor.digest)) await this.#store.remove(descriptor);
  }

  async source(): Promise<Source> {
    return new FileStore(this.#root);
  }

  sink(): Sink {
    return new FileStore(this.#root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #partsOf(
    root: Descriptor,
    names: ReadonlyMap<Digest, readonly string[]>,
  ): Promise<readonly ImagePart[]> {
    const graph = await walk(this.#store, root, { missing: 'report' });
    const files = [
      ...graph.nodes.map((node) => blobFile(this.#root, node.digest)),
      imageFile(this.#root, root.digest),
      ...(names.get(root.digest) ?? []).flatMap((name) => nameFile(this.#root, name) ?? []),
    ];
    return Promise.all(
      files.map(async (file) => ({ id: file, bytes: await allocatedBytes(file) })),
    );
  }

  /** Names by image digest; an image without a name has no entry. */
  #names(): Promise<ReadonlyMap<Digest, readonly string[]>> {
    return this.#listings.run(() => this.#readNames());
  }

  async #readNames(): Promise<ReadonlyMap<Digest, readonly string[]>> {
    const names = new Map<Digest, string[]>();
    for await (const { descriptor, reference } of this.#store.list())
      if (reference !== undefined)
        names.set(descriptor.digest, [...(names.get(descriptor.digest) ?? []), reference]);
    return names;
  }

  async #describe(
    root: Descriptor,
    names: ReadonlyMap<Digest, readonly string[]>,
  ): Promise<EngineImage> {
    const graph = await walk(this.#store, root, { missing: 'report' });
    const since = await modifiedAt(imageFile(this.#root, root.digest));
    return {
      id: root.digest,
      references: names.get(root.digest) ?? [],
      digests: [],
      size: sizeOf(graph),
      ...(since === undefined ? {} : { since }),
    };
  }
}
