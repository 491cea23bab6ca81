import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { requireSpace } from '../disk/free-space.js';
import { WRITING_SUFFIX } from '../disk/leftover-files.js';
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
import type { Graph } from '../transfer/graph/graph.js';
import { BlobDir } from './blob-dir.js';
import { LayoutStaging } from './layout-staging.js';
import { blobFile } from './paths.js';
import { WriteOnce } from './write-once.js';

/**
 * Writes into a new or existing OCI image layout folder (OCI image spec 1.1, image-layout.md). Content stays in temporary
 * files until `commit` moves it to its final path and writes the index last. The next sink of the layout continues from the
 * temporary files of a process that died. Several processes may write into one layout.
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
  readonly #staging: LayoutStaging;
  readonly #writes = new WriteOnce();
  #isNew = false;
  #opened: Promise<void> | undefined;
  readonly #begun = new Map<Digest, Descriptor>();
  readonly #names = new Map<string, Descriptor>();

  constructor(root: string) {
    this.location = `oci:${root}`;
    this.#root = root;
    this.#blobs = new BlobDir(root);
    this.#staging = new LayoutStaging(root);
  }

  async begin(graph: Graph, options: CallOptions = {}): Promise<ReadonlySet<Digest>> {
    const { root } = graph;
    // Before anything is awaited: images that are written side by side are listed in the order in which they begin.
    this.#begun.set(root.digest, root);
    try {
      return await this.#wantedOf(graph, options);
    } catch (error) {
      this.#begun.delete(root.digest);
      throw error;
    }
  }

  async #wantedOf(graph: Graph, options: CallOptions): Promise<ReadonlySet<Digest>> {
    await (this.#opened ??= this.#open(options));
    const wanted = new Set<Digest>();
    let bytes = 0;
    for (const node of graph.nodes) {
      if (await this.#blobs.has(node)) continue;
      wanted.add(node.digest);
      bytes += Math.max(0, node.size - (await this.#staging.sizeOf(node)));
    }
    await requireSpace(this.#root, bytes);
    // Only the size of existing blobs was checked, so manifests are always written again, as in every sink.
    for (const { descriptor, manifest } of graph.documents.values())
      if (manifest) wanted.add(descriptor.digest);
    return wanted;
  }

  async write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void> {
    await this.#writes.run(descriptor.digest, () => this.#staging.write(descriptor, open, options));
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    if (!this.#begun.has(descriptor.digest) && !(await this.#blobs.has(descriptor)))
      throw new ImageError(
        'NOT_FOUND',
        `${this.location}: no image ${descriptor.digest}; an image is written before it is tagged`,
      );
    this.#names.set(canonicalReference(reference), descriptor);
  }

  async commit(): Promise<void> {
    const order = new Map([...this.#begun.keys()].map((digest, at) => [digest, at]));
    const placeOf = ({ descriptor: { digest } }: NamedDescriptor): number =>
      order.get(digest) ?? -1;
    const named = [...this.#names]
      .map(([reference, descriptor]) => ({ reference, descriptor }))
      .sort((one, other) => placeOf(one) - placeOf(other));
    const digests = new Set(named.map(({ descriptor }) => descriptor.digest));
    const unnamed = [...this.#begun.values()].filter(({ digest }) => !digests.has(digest));
    const images: NamedDescriptor[] = [...named, ...unnamed.map((descriptor) => ({ descriptor }))];
    if (images.length === 0) return;
    await this.#staging.moveTo((digest) => blobFile(this.#root, digest));
    await replaceLocked(join(this.#root, LAYOUT_FILE), () => LAYOUT_CONTENT);
    await replaceLocked(join(this.#root, INDEX_FILE), (before) => mergeLayoutIndex(before, images));
    this.#begun.clear();
    this.#names.clear();
  }

  async #open(options: CallOptions): Promise<void> {
    try {
      this.#isNew = !(await statIfExists(this.#root));
      await this.#staging.open(options);
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  /** Deletes content that was not committed, and the layout folder if this sink created it and it is empty. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#staging[Symbol.asyncDispose]();
    this.#opened = undefined;
    if (this.#isNew) await removeEmptyFolder(this.#root);
  }
}

/** Replaces a small file. The temporary file has a fixed name, so that the next process overwrites the one of a dead process. */
async function replaceLocked(
  path: string,
  change: (before: Buffer | undefined) => Uint8Array,
): Promise<void> {
  await withLock(`${path}.lock`, async () => {
    const content = change(await ignoreMissing(() => readFile(path)));
    await writeAtomically(path, [content], { partial: path + WRITING_SUFFIX });
  });
}
