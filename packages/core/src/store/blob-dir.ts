import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder, writeNew, type NewFileOptions } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { readRange } from '../disk/read-range.js';
import { ignoreMissingSync, isMissing, READ } from '../disk/if-there.js';
import { touchFile } from '../disk/touch.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { Bytes, CallOptions, Open, ReadOptions } from '../transfer/store.js';
import { verified } from '../transfer/verified.js';
import { blobFile, partialFolder } from './paths.js';

/** Reads of at most this many bytes are synchronous. */
const SMALL_BYTES = 16 * 1024;

/** Blobs in files named by digest. Every file is complete and was verified before it got its name. */
export class BlobDir {
  readonly #root: string;
  readonly #options: NewFileOptions;
  /** Folders with names of blobs that may not be durable. */
  readonly #unsynced = new Set<string>();

  constructor(root: string, options: NewFileOptions = {}) {
    this.#root = root;
    this.#options = options;
  }

  async has({ digest, size }: Descriptor): Promise<boolean> {
    const path = blobFile(this.#root, digest);
    return ignoreMissingSync(() => statSync(path).size) === size;
  }

  /** Refreshes the blob's modification time, so a concurrent garbage collection keeps it. */
  async touch({ digest }: Descriptor): Promise<void> {
    const path = blobFile(this.#root, digest);
    // Another process may have just written it, and not have synced its name.
    this.#unsynced.add(dirname(path));
    await touchFile(path);
  }

  /**
   * Stores a blob; it is visible only when complete, and durable if the folder's files are synced. With `isSyncedLater`, its name in
   * the folder is durable after the next {@link sync}. @throws ImageError CORRUPT, NO_SPACE
   */
  async put(
    descriptor: Descriptor,
    openContent: Open,
    { isSyncedLater = false, ...options }: CallOptions & { readonly isSyncedLater?: boolean } = {},
  ): Promise<void> {
    if (await this.has(descriptor)) return;
    const partial = join(partialFolder(this.#root), randomBytes(8).toString('hex'));
    await writeNew(partial, verified(openContent(), descriptor, options), this.#options);
    const path = blobFile(this.#root, descriptor.digest);
    try {
      await makeFolder(dirname(path), this.#options);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    if (this.#options.isSynced === false) return;
    if (isSyncedLater) this.#unsynced.add(dirname(path));
    else await syncFolder(dirname(path));
  }

  /** Makes the names of all blobs durable. */
  async sync(): Promise<void> {
    const folders = [...this.#unsynced];
    this.#unsynced.clear();
    for (const folder of folders) await syncFolder(folder);
  }

  async *read(
    { digest, size }: Descriptor,
    { start = 0, end = Infinity, lend, signal }: ReadOptions = {},
  ): Bytes {
    const to = Math.min(end, size + 1);
    if (to - start <= SMALL_BYTES) {
      signal?.throwIfAborted();
      const bytes = this.#readSmall(digest, start, to);
      if (bytes.byteLength > 0) yield bytes;
      return;
    }
    await using file = await this.#open(digest);
    for await (const chunk of readRange(file, start, to, { lend })) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  /** Synchronous: round trips to the thread pool would take longer. */
  #readSmall(digest: Digest, start: number, end: number): Uint8Array {
    const read = ignoreMissingSync(() => {
      const file = openSync(blobFile(this.#root, digest), READ);
      try {
        const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
        return buffer.subarray(0, readSync(file, buffer, 0, buffer.byteLength, start));
      } finally {
        closeSync(file);
      }
    });
    if (!read) throw this.#missing(digest);
    return read;
  }

  async #open(digest: Digest) {
    try {
      return await open(blobFile(this.#root, digest), READ);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw this.#missing(digest, error);
    }
  }

  #missing(digest: Digest, cause?: unknown): ImageError {
    return new ImageError('NOT_FOUND', `${this.#root}: ${digest} is missing`, {
      location: this.#root,
      cause,
    });
  }
}
