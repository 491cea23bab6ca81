import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { makeFolder, syncFolder } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { namesIn, removeEmptyFolder } from '../disk/if-there.js';
import { layoutLock, stagedBlobName } from '../disk/leftover-files.js';
import { holdLock, STALE_MS, type HeldLock } from '../disk/lock.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Open } from '../transfer/store.js';
import { digestName, partialFolder } from './paths.js';
import { resumeFile } from './resume-blob.js';

/** Names of blobs that a process wrote under the lock of the layout. */
const LOCKED_BLOB = /\.writing\.partial$/;

/**
 * Blobs on their way into a layout, in temporary files in its folder `partial/`. The process that holds the layout's lock
 * writes to predictable names, so that the next one continues from the files of a dead process. A process that does not
 * get the lock, because another one is writing, uses random names.
 */
export class LayoutStaging implements AsyncDisposable {
  readonly #root: string;
  readonly #folder: string;
  readonly #written = new Set<Digest>();
  /** Every file that may exist: also of blobs whose write failed. */
  readonly #files = new Set<string>();
  #lock: HeldLock | undefined;
  #writer: string | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#folder = partialFolder(root);
  }

  /** Chooses the names of the files. Must end before the first write; later calls do nothing. */
  async open({ signal }: CallOptions): Promise<void> {
    if (this.#writer !== undefined) return;
    // Files are there: their process died or is writing. The lock of a dead process expires; then they are continued from.
    const isLeft = (await namesIn(this.#root, this.#folder)).some((name) => LOCKED_BLOB.test(name));
    const wait = isLeft ? STALE_MS * 1.2 : 0;
    // A lock creates its folder, too, but not durably.
    await makeFolder(this.#folder);
    try {
      this.#lock = await holdLock(layoutLock(this.#root), { wait, signal });
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== 'CONFLICT') throw error;
    }
    this.#writer = this.#lock ? 'writing' : randomBytes(6).toString('hex');
  }

  /** Bytes of a blob that are there already. */
  async sizeOf({ digest }: Descriptor): Promise<number> {
    return (await statIfExists(this.#file(digest)))?.size ?? 0;
  }

  /** Writes a blob durably. @throws ImageError CORRUPT, NO_SPACE; errors of `content` */
  async write(descriptor: Descriptor, content: Open, { signal }: CallOptions = {}): Promise<void> {
    const { digest } = descriptor;
    if (this.#written.has(digest)) return;
    const file = this.#file(digest);
    this.#files.add(file);
    signal?.throwIfAborted();
    await resumeFile(file, descriptor, content, {});
    this.#written.add(digest);
  }

  /** Moves the blobs that were written to their final paths. Other blobs of dead processes are deleted. */
  async moveTo(path: (digest: Digest) => string): Promise<void> {
    const folders = new Set<string>();
    for (const digest of this.#written) {
      const final = path(digest);
      await makeFolder(dirname(final));
      await rename(this.#file(digest), final);
      folders.add(dirname(final));
    }
    for (const folder of folders) await syncFolder(folder);
    this.#written.clear();
    this.#files.clear();
    if (!this.#lock) return;
    for (const name of await namesIn(this.#root, this.#folder))
      if (LOCKED_BLOB.test(name)) await rm(join(this.#folder, name), { force: true });
  }

  /** Deletes blobs that were not moved. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await rm(file, { force: true });
    this.#files.clear();
    this.#written.clear();
    await this.#lock?.release();
    this.#lock = undefined;
    this.#writer = undefined;
    // Another process may be writing into the same layout, so only an empty folder is removed.
    await removeEmptyFolder(this.#folder);
  }

  #file(digest: Digest): string {
    return join(this.#folder, stagedBlobName(digestName(digest), this.#writer));
  }
}
