import { ImageError, tooLarge } from '../errors.js';
import type { Limits } from '../oci/limits.js';
import type { Bytes } from '../transfer/store.js';
import {
  BLOCK,
  decodeGnuText,
  decodeHeader,
  decodeOwnership,
  decodePax,
  isMapContinued,
  paddedSize,
  type TarHeader,
  type TarOwnership,
} from './tar-header.js';

/** A member of a tar, as its headers describe it. */
export type TarMemberHeader = Pick<TarHeader, 'name' | 'link' | 'type'> & TarOwnership;

/** Total length of all names, as a multiple of the longest allowed name (`Limits.headerBytes`). */
const MAX_LONG_NAMES = 32;

/** Members of these types have no body, whatever size their header states (as in Go's archive/tar). */
const WITHOUT_BODY: ReadonlySet<TarHeader['type']> = new Set(['hardlink', 'symlink', 'folder']);

/**
 * Reads the headers of a tar while its bytes stream by, up to the end of the stream. Bodies are dropped, so memory does
 * not grow with them; sparse members are read, too.
 *
 * @throws ImageError INVALID (not a tar), CORRUPT (cut short), TOO_LARGE
 */
export async function* readTarHeaders(
  bytes: Bytes,
  { headerBytes, members }: Pick<Limits, 'headerBytes' | 'members'>,
): AsyncIterable<TarMemberHeader> {
  await using reader = new BlockReader(bytes);
  let extended: Partial<TarMemberHeader & { size: number }> = {};
  let [count, nameLength] = [0, 0];
  for (;;) {
    const block = await reader.take(BLOCK);
    const header = block && decodeHeader(block);
    if (!header) break;
    if (header.type === 'gnu-sparse') await skipSparseMap(reader, block);
    const length = WITHOUT_BODY.has(header.type) ? 0 : (extended.size ?? header.size);
    if (isExtension(header)) {
      if (header.size > headerBytes)
        throw tooLarge(`tar header: expected at most ${headerBytes} bytes, got ${header.size}`);
      const body = await reader.take(paddedSize(header.size));
      if (!body) throw truncated();
      extended = { ...extended, ...extensionOf(header, body.subarray(0, header.size)) };
      continue;
    }
    const { name, link, type } = header;
    const member = { name, link, type, ...decodeOwnership(block), ...extended };
    nameLength += member.name.length + member.link.length;
    if (++count > members) throw tooLarge(`tar: expected at most ${members} members, got more`);
    if (nameLength > MAX_LONG_NAMES * headerBytes)
      throw tooLarge(
        `tar: expected at most ${MAX_LONG_NAMES * headerBytes} characters of names in all, got more`,
      );
    extended = {};
    yield member;
    await reader.skip(paddedSize(length));
  }
  await reader.drain();
}

function isExtension({ type }: TarHeader): boolean {
  return type === 'pax' || type === 'pax-global' || type === 'gnu-name' || type === 'gnu-link';
}

function extensionOf(
  { type }: TarHeader,
  body: Uint8Array,
): Partial<TarMemberHeader & { size: number }> {
  if (type === 'gnu-name') return { name: decodeGnuText(body) };
  if (type === 'gnu-link') return { link: decodeGnuText(body) };
  if (type === 'pax-global') return {};
  const records = decodePax(body);
  const name = records.get('GNU.sparse.name') ?? records.get('path');
  const link = records.get('linkpath');
  return {
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...numberOf('size', records),
    ...numberOf('uid', records),
    ...numberOf('gid', records),
  };
}

function numberOf(key: string, records: ReadonlyMap<string, string>): Record<string, number> {
  const text = records.get(key);
  if (text === undefined) return {};
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return { [key]: value };
  throw new ImageError(
    'INVALID',
    `tar pax header: expected a number for ${key}, got ${JSON.stringify(text.slice(0, 100))}`,
  );
}

async function skipSparseMap(reader: BlockReader, header: Uint8Array): Promise<void> {
  for (let block = header; isMapContinued(block, block === header); ) {
    const next = await reader.take(BLOCK);
    if (!next) throw truncated();
    block = next;
  }
}

/** Takes exact numbers of bytes from a stream of chunks; disposing of it closes the stream. */
class BlockReader implements AsyncDisposable {
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
        throw truncated();
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
      if (this.#rest.byteLength === 0 && !(await this.#next())) throw truncated();
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

function truncated(): ImageError {
  return new ImageError('CORRUPT', 'tar: expected all of its members, got the end of the stream', {
    hint: 'The archive was cut short; copy or save it again.',
  });
}
