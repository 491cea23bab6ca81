import type { FileHandle } from 'node:fs/promises';
import { readRange } from '../disk/read-range.js';
import { ImageError } from '../errors.js';
import type { Limits } from '../oci/limits.js';
import type { Extent } from '../transfer/extent.js';
import type { Files } from '../transfer/files.js';
import type { Bytes, ReadOptions } from '../transfer/store.js';
import { indexTar, type TarEntry } from './tar-index.js';

const LINK_LIMIT = 16;

/** The members of a tar on disk, read in place. Owns the file. */
export class TarFile implements Files {
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<string, TarEntry>;

  private constructor(file: FileHandle, entries: ReadonlyMap<string, TarEntry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws ImageError INVALID, CORRUPT, as {@link indexTar} */
  static async open(file: FileHandle, limits?: Limits): Promise<TarFile> {
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, (await file.read(buffer, 0, length, position)).bytesRead);
    };
    return new TarFile(file, await indexTar(read, (await file.stat()).size, limits));
  }

  async list(): Promise<readonly Extent[]> {
    return [...this.#entries.keys()].flatMap((path) => this.#extent(path) ?? []);
  }

  async locate(path: string): Promise<Extent | undefined> {
    return this.#extent(path);
  }

  async size(path: string): Promise<number | undefined> {
    return this.#find(path)?.size;
  }

  async *read(path: string, { start = 0, end, signal }: ReadOptions = {}): Bytes {
    const entry = this.#find(path);
    if (!entry)
      throw new ImageError('NOT_FOUND', `${path}: expected a member of that name, got none`);
    const last = Math.min(end ?? entry.size, entry.size);
    for await (const chunk of readRange(this.#file, entry.offset + start, entry.offset + last)) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #extent(path: string): Extent | undefined {
    const entry = this.#find(path);
    return entry && { file: this.#file.fd, offset: entry.offset, size: entry.size, member: path };
  }

  /** Follows links between members. @throws ImageError INVALID when they run in a circle */
  #find(path: string): Extract<TarEntry, { type: 'file' }> | undefined {
    let entry = this.#entries.get(path);
    for (let hops = 0; entry?.type === 'link'; hops++) {
      if (hops === LINK_LIMIT)
        throw new ImageError(
          'INVALID',
          `tar: expected ${JSON.stringify(path)} to lead to a file, got links in a circle`,
        );
      entry = this.#entries.get(entry.target);
    }
    return entry;
  }
}
