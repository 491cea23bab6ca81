import type { Parts } from '../../disk/parts.js';
import { ImageError } from '../../errors.js';
import type { Limits } from '../../oci/limits.js';
import type { Extent } from '../../transfer/extent.js';
import type { Files } from '../../transfer/files.js';
import type { Bytes, ReadOptions } from '../../transfer/store.js';
import { indexTar, type TarEntry } from './tar-index.js';

const MAX_LINK_HOPS = 16;

/** The members of a tar on disk, read in place. Disposing it closes the file, or all its parts. */
export class TarFile implements Files {
  readonly #file: Parts;
  readonly #entries: ReadonlyMap<string, TarEntry>;

  private constructor(file: Parts, entries: ReadonlyMap<string, TarEntry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws ImageError INVALID, CORRUPT, as {@link indexTar} */
  static async open(file: Parts, limits?: Limits): Promise<TarFile> {
    const read = (position: number, length: number) => file.read(position, length);
    return new TarFile(file, await indexTar(read, file.size, limits));
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

  async *read(path: string, { start = 0, end, lend, signal }: ReadOptions = {}): Bytes {
    const entry = this.#find(path);
    if (!entry) throw new ImageError('NOT_FOUND', `${path}: no such member`);
    const last = Math.min(end ?? entry.size, entry.size);
    const [from, to] = [entry.offset + start, entry.offset + last];
    for await (const chunk of this.#file.range(from, to, { lend })) {
      signal?.throwIfAborted();
      yield chunk;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  #extent(path: string): Extent | undefined {
    const entry = this.#find(path);
    if (!entry) return undefined;
    const { offset, size } = entry;
    return { offset, size, member: path, pieces: this.#file.pieces(offset, size) };
  }

  /** Follows links between members. @throws ImageError INVALID when links form a cycle */
  #find(path: string): Extract<TarEntry, { type: 'file' }> | undefined {
    let entry = this.#entries.get(path);
    for (let hops = 0; entry?.type === 'link'; hops++) {
      if (hops === MAX_LINK_HOPS)
        throw new ImageError('INVALID', `tar: ${JSON.stringify(path)} is a circle of links`);
      entry = this.#entries.get(entry.target);
    }
    return entry;
  }
}
