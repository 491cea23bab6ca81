import { randomBytes } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { makeFolder, syncFolder, writeAtomically } from '../disk/atomic-write.js';
import { requireSpace } from '../disk/free-space.js';
import { withLock } from '../disk/lock.js';
import { ignoreMissing, removeEmptyFolder } from '../disk/if-there.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import {
  INDEX_FILE,
  LAYOUT_CONTENT,
  LAYOUT_FILE,
  mergeLayoutIndex,
  type NamedDescriptor,
} from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';
import type { CallOptions, Open, Sink } from '../transfer/store.js';
import type { Graph } from '../transfer/graph.js';
import { BlobDir } from './blob-dir.js';
import { blobFile, partialFolder } from './paths.js';

/**
 * Writes into a new or existing OCI image layout folder (OCI image spec 1.1, image-layout.md). Verified content stays in
 * a temporary folder of this sink until `commit` moves it to its final path and writes the index last. Several processes
 * may write into one layout.
 *
 * @example
 * await using sink = new LayoutSink('./layout');
 * await copy(source, undefined, sink, { as: 'app:1' });
 * await sink.commit();
 */
export class LayoutSink implements Sink {
  readonly location: string;
  readonly #root: string;
  readonly #blobs: BlobDir;
  readonly #staging: string;
  #isNew = false;
  readonly #written = new Set<Digest>();
  readonly #begun = new Map<Digest, Descriptor>();
  readonly #names = new Map<string, Descriptor>();

  constructor(root: string) {
    this.location = `oci:${root}`;
    this.#root = root;
    this.#blobs = new BlobDir(root);
    this.#staging = join(partialFolder(root), randomBytes(8).toString('hex'));
  }

  async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    if (this.#begun.size === 0) this.#isNew = !(await statIfExists(this.#root));
    const wanted = new Set<Digest>();
    let bytes = 0;
    for (const node of graph.nodes) {
      if (await this.#blobs.has(node)) continue;
      wanted.add(node.digest);
      bytes += node.size;
    }
    await requireSpace(this.#root, bytes);
    this.#begun.set(graph.root.digest, graph.root);
    // Only the size of existing blobs was checked, so manifests are always written again, as in every sink.
    for (const { descriptor, manifest } of graph.documents.values())
      if (manifest) wanted.add(descriptor.digest);
    return wanted;
  }

  async write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void> {
    await new BlobDir(this.#staging).put(descriptor, open, options);
    this.#written.add(descriptor.digest);
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    if (!this.#begun.has(descriptor.digest) && !(await this.#blobs.has(descriptor)))
      throw new ImageError(
        'NOT_FOUND',
        `${this.location}: expected ${descriptor.digest} to exist before it is tagged, got none`,
      );
    this.#names.set(canonicalReference(reference), descriptor);
  }

  async commit(): Promise<void> {
    const named = [...this.#names].map(([reference, descriptor]) => ({ reference, descriptor }));
    const digests = new Set(named.map(({ descriptor }) => descriptor.digest));
    const unnamed = [...this.#begun.values()].filter(({ digest }) => !digests.has(digest));
    const images: NamedDescriptor[] = [...named, ...unnamed.map((descriptor) => ({ descriptor }))];
    if (images.length === 0) return;
    await this.#moveWritten();
    const path = join(this.#root, INDEX_FILE);
    await writeAtomically(join(this.#root, LAYOUT_FILE), [LAYOUT_CONTENT]);
    await withLock(`${path}.lock`, async () => {
      const before = await ignoreMissing(() => readFile(path));
      await writeAtomically(path, [mergeLayoutIndex(before, images)]);
    });
    this.#begun.clear();
    this.#names.clear();
  }

  /** Deletes content that was not committed, and the layout folder if this sink created it and it is empty. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    // Another process may be writing into the same layout, so only empty folders are removed.
    await removeEmptyFolder(partialFolder(this.#root));
    if (this.#isNew) await removeEmptyFolder(this.#root);
  }

  async #moveWritten(): Promise<void> {
    const folders = new Set<string>();
    for (const digest of this.#written) {
      const path = blobFile(this.#root, digest);
      await makeFolder(dirname(path));
      await rename(blobFile(this.#staging, digest), path);
      folders.add(dirname(path));
    }
    for (const folder of folders) await syncFolder(folder);
    this.#written.clear();
  }
}
