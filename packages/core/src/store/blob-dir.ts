import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { makeFolder, syncFolder, writeDurably, type FolderOptions } from '../disk/atomic-write.js';
import { readRange } from '../disk/read-range.js';
import { isMissing, READ } from '../disk/if-there.js';
import { touchFile } from '../disk/touch.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Bytes, CallOptions, Open, ReadOptions } from '../transfer/store.js';
import { verified } from '../transfer/verified.js';
import { blobFile, partialFolder } from './paths.js';

/** Blobs in files named by digest. Every file is complete and was verified before it got its name. */
export class BlobDir {
  readonly #root: string;
  readonly #options: FolderOptions;

  constructor(root: string, options: FolderOptions = {}) {
    this.#root = root;
    this.#options = options;
  }

  async has({ digest, size }: Descriptor): Promise<boolean> {
    return (await statIfExists(blobFile(this.#root, digest)))?.size === size;
  }

  /** Refreshes the blob's modification time, so a concurrent garbage collection keeps it. */
  async touch({ digest }: Descriptor): Promise<void> {
    await touchFile(blobFile(this.#root, digest));
  }

  /** Stores a blob durably; it is visible only when complete. @throws ImageError CORRUPT, NO_SPACE */
  async put(descriptor: Descriptor, openContent: Open, options: CallOptions = {}): Promise<void> {
    if (await this.has(descriptor)) return;
    const partial = join(partialFolder(this.#root), randomBytes(8).toString('hex'));
    await writeDurably(partial, verified(openContent(), descriptor, options), this.#options);
    const path = blobFile(this.#root, descriptor.digest);
    try {
      await makeFolder(dirname(path), this.#options);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  }

  async *read(
    { digest }: Descriptor,
    { start = 0, end = Infinity, signal }: ReadOptions = {},
  ): Bytes {
    await using file = await this.#open(digest);
    for await (const chunk of readRange(file, start, end)) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  async #open(digest: Descriptor['digest']) {
    try {
      return await open(blobFile(this.#root, digest), READ);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new ImageError('NOT_FOUND', `${this.#root}: ${digest} is missing`, {
        location: this.#root,
        cause: error,
      });
    }
  }
}
