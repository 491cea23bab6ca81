import { createHash, type Hash } from 'node:crypto';
import type { Algorithm, Digest } from '../oci/digest.js';
import type { Bytes } from './store.js';

/** Passes bytes through and calls `onChunk` with each chunk. */
export async function* tap(bytes: Bytes, onChunk: (chunk: Uint8Array) => void): Bytes {
  for await (const chunk of bytes) {
    onChunk(chunk);
    yield chunk;
  }
}

/** Waits until a stream takes more, or is closed. */
export function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/** Counts and hashes bytes. */
export class Meter {
  readonly #algorithm: Algorithm;
  readonly #hash: Hash;
  #size = 0;

  constructor(algorithm: Algorithm = 'sha256') {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** Number of bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** The digest of all bytes; no more can be added after it. */
  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}`;
  }

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }

  /** Passes bytes through and adds them. */
  through(bytes: Bytes): Bytes {
    return tap(bytes, (chunk) => this.add(chunk));
  }
}
