import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { readRange, type ReadRangeOptions } from './read-range.js';

/** A range of bytes of a local file. */
export interface Piece {
  /** A path, or the descriptor of a file that its owner keeps open. */
  readonly file: string | number;
  readonly offset: number;
  readonly size: number;
}

/** Reads of at most this size (bytes) are synchronous. */
const SYNC_READ_BYTES = 4096;

interface Part {
  readonly file: FileHandle;
  /** Offset of this file in the concatenation. */
  readonly start: number;
  readonly size: number;
}

/** One open file, or several read as their concatenation. Owns the file handles. */
export class Parts implements AsyncDisposable {
  readonly size: number;
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.size = parts.reduce((sum, { size }) => sum + size, 0);
  }

  static async of(files: readonly FileHandle[]): Promise<Parts> {
    const parts: Part[] = [];
    let start = 0;
    for (const file of files) {
      const { size } = await file.stat();
      parts.push({ file, start, size });
      start += size;
    }
    return new Parts(parts);
  }

  /** @throws the error of the first file that cannot be opened; no file stays open then */
  static async open(paths: readonly string[]): Promise<Parts> {
    const files: FileHandle[] = [];
    try {
      for (const path of paths) files.push(await open(path, 'r'));
      return await Parts.of(files);
    } catch (error) {
      for (const file of files) await file.close();
      throw error;
    }
  }

  /** The size of each file. */
  get sizes(): readonly number[] {
    return this.#parts.map(({ size }) => size);
  }

  /** Up to `length` bytes; fewer at the end. */
  async read(position: number, length: number): Promise<Uint8Array> {
    const part = this.#parts.find(({ start, size }) => position < start + size);
    const at = position - (part?.start ?? 0);
    if (part && length <= SYNC_READ_BYTES && at + length <= part.size) {
      // For thousands of small headers, round trips to the thread pool take several times longer than the reads.
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(part.file.fd, buffer, 0, length, at));
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.range(position, position + length)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Streams bytes `start` to `end` (exclusive); ends early if the last file does. */
  async *range(start = 0, end = this.size, options?: ReadRangeOptions): AsyncIterable<Uint8Array> {
    for (const { file, at, length } of this.#within(start, end))
      yield* readRange(file, at, at + length, options);
  }

  /** The ranges of files that hold a range of bytes; at least one. */
  pieces(offset: number, size: number): readonly Piece[] {
    return this.#within(offset, offset + Math.max(size, 1)).map(({ file, at, length }) => ({
      file: file.fd,
      offset: at,
      size: Math.min(length, size),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { file } of this.#parts) await file.close();
  }

  #within(start: number, end: number): (Part & { readonly at: number; readonly length: number })[] {
    return this.#parts.flatMap((part) => {
      const from = Math.max(start, part.start);
      const to = Math.min(end, part.start + part.size);
      return from < to ? [{ ...part, at: from - part.start, length: to - from }] : [];
    });
  }
}
