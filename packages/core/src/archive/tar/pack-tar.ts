import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '../../transfer/store.js';
import { END_BYTES, paddedSize } from './tar-header.js';
import { memberEncoder, type MemberHeader } from './tar-member.js';

/** A file, folder or symbolic link of a tar or of the context of a build. */
export interface TarMember extends MemberHeader {
  /** Opens its content, of `size` bytes. */
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /**
   * Reads its whole content into a buffer of `size` bytes. For a small file: a stream for it takes longer than reading it.
   * Members without it are streamed.
   */
  readonly read?: ((into: Uint8Array) => void) | undefined;
}

/** A part of a tar: headers, padding and members that are read whole; or the content of a member that is streamed. */
export type TarPart =
  | { readonly kind: 'packed'; readonly bytes: Uint8Array }
  | { readonly kind: 'content'; readonly member: TarMember };

/** Streams members as a tar. Reproducible: it contains no current time, user name or host name. */
export async function* packTar(members: Iterable<TarMember> | AsyncIterable<TarMember>): Bytes {
  for await (const part of packParts(members)) {
    if (part.kind === 'packed') yield part.bytes;
    else yield* contentOf(part.member);
  }
}

/**
 * The parts of a tar in their order. The content of a member is not opened: {@link contentOf} streams it. With `lend`, the memory
 * of a part is used again when the second one after it is asked for.
 */
export async function* packParts(
  members: Iterable<TarMember> | AsyncIterable<TarMember>,
  { lend = false }: { readonly lend?: boolean } = {},
): AsyncIterable<TarPart> {
  const encode = memberEncoder();
  const lent: Chunk[] = [];
  let chunk = new Chunk();
  const next = (least?: number): Chunk => {
    if (lend) lent.push(chunk);
    return new Chunk(least, lent.length === 2 ? lent.shift() : undefined);
  };
  for await (const member of members) {
    const { size, read, type = 'file' } = member;
    const header = encode(member);
    const length = header.byteLength + (read ? paddedSize(size) : 0);
    if (!chunk.fits(length)) {
      yield chunk.part();
      // Small files are read synchronously: signals and timers get their turn here.
      await setImmediate();
      chunk = next(length);
    }
    chunk.add(header);
    if (type !== 'file') continue;
    if (!read) {
      yield chunk.part();
      yield { kind: 'content', member };
      chunk = next();
    } else read(chunk.take(size));
    chunk.pad(paddedSize(size) - size);
  }
  if (!chunk.fits(END_BYTES)) {
    yield chunk.part();
    chunk = next();
  }
  chunk.pad(END_BYTES);
  yield chunk.part();
}

/**
 * Streams the content of a member. The next chunk is read while one is used.
 *
 * @throws TypeError when the content does not have the size of the member
 */
export function contentOf(member: TarMember): Bytes {
  return sized(member, ahead(member.open()));
}

/** The content of a member. @throws TypeError when it does not have the size of the member */
export async function* sized({ name, size }: TarMember, content: Bytes): Bytes {
  let left = size;
  for await (const chunk of content) {
    left -= chunk.byteLength;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0)
    throw new TypeError(
      `${name}: expected ${size} bytes of content, got ${left < 0 ? 'more' : size - left}`,
    );
}

/** Asks for the next chunk before one is used. */
async function* ahead(chunks: ReturnType<TarMember['open']>): Bytes {
  if (!(Symbol.asyncIterator in chunks)) {
    yield* chunks;
    return;
  }
  const source = chunks[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (let result = await next; result.done !== true; result = await next) {
      next = source.next();
      // It is thrown in its turn.
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await source.return?.();
  }
}

/** Bytes of a part with headers and small members: the block size of compression. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes that are put together. */
class Chunk {
  readonly #bytes: Buffer;
  #filled = 0;

  /**
   * @param least a larger chunk than usual, if it has to hold that many bytes.
   * @param used a chunk whose memory may be used again.
   */
  constructor(least = 0, used?: Chunk) {
    const free = used && used.#bytes.byteLength >= least ? used.#bytes : undefined;
    this.#bytes = free ?? Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, least));
  }

  fits(length: number): boolean {
    return this.#filled + length <= this.#bytes.byteLength;
  }

  add(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  pad(length: number): void {
    this.#bytes.fill(0, this.#filled, (this.#filled += length));
  }

  /** The next bytes, to be filled by the caller. */
  take(length: number): Uint8Array {
    return this.#bytes.subarray(this.#filled, (this.#filled += length));
  }

  part(): TarPart {
    return { kind: 'packed', bytes: this.#bytes.subarray(0, this.#filled) };
  }
}
