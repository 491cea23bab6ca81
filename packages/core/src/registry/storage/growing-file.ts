import type { FileHandle } from 'node:fs/promises';
import { readRange } from '../../disk/read-range.js';
import { ImageError } from '../../errors.js';
import type { Bytes, ReadOptions } from '../../transfer/store.js';

/**
 * A file that is read while it is written. The last byte that a reader asks for, or the end where it asks for no certain
 * end, waits until the file is known to be right. It is closed when it has ended and no one reads it.
 */
export class GrowingFile {
  readonly #file: FileHandle;
  #size: number;
  #state: 'growing' | 'complete' | { readonly error: unknown } = 'growing';
  #readers = 0;
  #changed = signalOnce();

  /** @param size number of bytes that are there already. */
  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Makes bytes up to this size readable. */
  grow(size: number): void {
    this.#size = size;
    this.#notify();
  }

  /** The file is complete and right: readers get all of it. */
  async complete(): Promise<void> {
    this.#state = 'complete';
    this.#notify();
    await this.#closeIfUnused();
  }

  /** The file will not be complete, or is wrong: readers fail with this error. */
  async fail(error: unknown): Promise<void> {
    this.#state = { error };
    this.#notify();
    await this.#closeIfUnused();
  }

  /** @throws the error of `fail`; ImageError CORRUPT (the complete file is shorter than `end`) */
  async *read({ start = 0, end = Infinity }: Omit<ReadOptions, 'signal'> = {}): Bytes {
    this.#readers++;
    try {
      for (let at = start; at < end; ) {
        const until = Math.min(this.#size, this.#state === 'complete' ? end : end - 1);
        const changed = this.#changed.promise;
        if (typeof this.#state === 'object') throw this.#state.error;
        if (at < until) {
          for await (const chunk of readRange(this.#file, at, until)) {
            at += chunk.byteLength;
            yield chunk;
          }
        } else if (this.#state === 'growing') await changed;
        else if (end === Infinity) return;
        else throw tooShort(end, this.#size);
      }
    } finally {
      this.#readers--;
      await this.#closeIfUnused();
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = signalOnce();
  }

  async #closeIfUnused(): Promise<void> {
    if (this.#state !== 'growing' && this.#readers === 0) await this.#file.close();
  }
}

function signalOnce(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function tooShort(end: number, size: number): ImageError {
  return new ImageError('CORRUPT', `blob: it has only ${size} bytes, fewer than ${end}`);
}
