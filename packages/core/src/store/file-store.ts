import { rm } from '../disk/busy/retried.js';
import { requireSpace } from '../disk/free-space.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Bytes, CallOptions, Open, ReadOptions, Store } from '../transfer/store.js';
import type { Graph } from '../transfer/graph/graph.js';
import { BlobDir } from './blob-dir.js';
import { collect } from './collect.js';
import {
  listNames,
  readImage,
  readTag,
  removeName,
  writeNames,
  type NameToWrite,
} from './names.js';
import { imageFile } from './paths.js';
import { WriteOnce } from './write-once.js';
import { surroundingsOf, type GivenSurroundings, type Surroundings } from '../surroundings.js';

/**
 * The embedded store: images in a folder that stores each blob once. Several processes may share the folder.
 *
 * @example
 * await using store = new FileStore('./store');
 * await copy(source, undefined, store, { as: 'app:1' });
 * await store.commit();
 */
export class FileStore implements Store {
  readonly location: string;
  readonly lends = true;
  readonly #root: string;
  readonly #now: Surroundings['now'];
  readonly #blobs: BlobDir;
  readonly #begun = new Map<Digest, Descriptor>();
  readonly #writes = new WriteOnce();
  readonly #staged = new Map<string, Descriptor>();

  /** @param root the folder; the first write creates it. */
  constructor(root: string, { now }: Pick<GivenSurroundings, 'now'> = {}) {
    this.#root = root;
    this.#now = surroundingsOf({ now }).now;
    this.location = `store:${root}`;
    this.#blobs = new BlobDir(root, { privateTo: root });
  }

  async *list(): AsyncIterable<NamedDescriptor> {
    yield* await listNames(this.#root);
  }

  async resolve(reference?: string): Promise<NamedDescriptor> {
    return resolveAmong(this, await listNames(this.#root), reference);
  }

  /** Finds an image by one name with a tag, or by its digest, without listing all; undefined when there is none. */
  async find(reference: string): Promise<Descriptor | undefined> {
    if (isDigest(reference)) return readImage(this.#root, reference);
    // A name of the store has no digest.
    return reference.includes('@') ? undefined : readTag(this.#root, reference);
  }

  async has(descriptor: Descriptor): Promise<boolean> {
    return this.#blobs.has(descriptor);
  }

  read(descriptor: Descriptor, options?: ReadOptions): Bytes {
    return this.#blobs.read(descriptor, options);
  }

  async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    const wanted = new Set<Digest>();
    let bytes = 0;
    for (const node of graph.nodes) {
      const present = await this.#blobs.has(node);
      if (present) await this.#blobs.touch(node);
      else bytes += node.size;
      if (!present || graph.documents.get(node.digest)?.manifest) wanted.add(node.digest);
    }
    await requireSpace(this.#root, bytes);
    this.#begun.set(graph.root.digest, graph.root);
    return wanted;
  }

  async write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void> {
    await this.#writes.run(descriptor.digest, () =>
      this.#blobs.put(descriptor, open, { ...options, isSyncedLater: true }),
    );
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    if (!(await this.#blobs.has(descriptor))) {
      throw new ImageError(
        'NOT_FOUND',
        `${this.location}: no image ${descriptor.digest}; an image is written before it is tagged`,
      );
    }
    this.#staged.set(canonicalReference(reference), descriptor);
  }

  async commit(options: CallOptions = {}): Promise<void> {
    const names: NameToWrite[] = [...this.#staged].map(([reference, descriptor]) => ({
      reference,
      descriptor,
    }));
    const tagged = new Set(names.map(({ descriptor }) => descriptor.digest));
    for (const [digest, descriptor] of this.#begun)
      if (!tagged.has(digest) && (await this.#blobs.has(descriptor))) names.push({ descriptor });
    await this.#blobs.sync();
    await writeNames(this.#root, names, options);
    this.#begun.clear();
    this.#staged.clear();
  }

  async untag(reference: string): Promise<void> {
    await removeName(this.#root, reference);
  }

  async remove(descriptor: Descriptor): Promise<void> {
    for (const image of await listNames(this.#root)) {
      if (image.descriptor.digest === descriptor.digest && image.reference !== undefined)
        await removeName(this.#root, image.reference);
    }
    await rm(imageFile(this.#root, descriptor.digest), { force: true });
    await collect(this, this.#root, { now: this.#now() });
  }

  /** Drops names that were not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#begun.clear();
    this.#staged.clear();
  }
}
