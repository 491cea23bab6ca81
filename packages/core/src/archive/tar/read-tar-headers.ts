import type { ImageError } from '../../errors.js';
import type { Limits } from '../../oci/limits.js';
import type { Bytes } from '../../transfer/store.js';
import { readMembers, truncated, type TarBlocks, type TarMemberHeader } from './tar-members.js';

/**
 * Reads the headers of a tar while its bytes stream by, up to the end of the stream. Bodies are dropped, so memory does
 * not grow with them; sparse members are read, too.
 *
 * @throws ImageError INVALID (not a tar), CORRUPT (cut short), TOO_LARGE
 */
export async function* readTarHeaders(
  bytes: Bytes,
  limits: Pick<Limits, 'headerBytes' | 'members'>,
): AsyncIterable<TarMemberHeader> {
  await using reader = new BlockReader(bytes);
  yield* readMembers(reader, limits);
  await reader.drain();
}

/** Takes exact numbers of bytes from a stream of chunks; disposing of it closes the stream. */
class BlockReader implements TarBlocks, AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(bytes: Bytes) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** Undefined at the end of the stream. @throws ImageError CORRUPT (the end within the wanted bytes) */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (this.#rest.byteLength >= length) return this.#cut(length);
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#rest.byteLength === 0 && !(await this.#next())) {
        if (missing === length) return undefined;
        throw cutShort();
      }
      const part = this.#cut(Math.min(missing, this.#rest.byteLength));
      missing -= part.byteLength;
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  }

  /** @throws ImageError CORRUPT (the end within the skipped bytes) */
  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0; ) {
      if (this.#rest.byteLength === 0 && !(await this.#next())) throw cutShort();
      missing -= this.#cut(Math.min(missing, this.#rest.byteLength)).byteLength;
    }
  }

  /** Reads to the end of the stream, so that all of it is verified. */
  async drain(): Promise<void> {
    while (await this.#next());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(): Promise<boolean> {
    const next = await this.#chunks.next();
    this.#rest = next.done === true ? new Uint8Array() : next.value;
    return next.done !== true;
  }

  #cut(length: number): Uint8Array {
    const cut = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return cut;
  }
}

function cutShort(): ImageError {
  return truncated('the stream ends in the middle of a member');
}
