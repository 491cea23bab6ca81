import { Bits } from './bzip2-bits.js';
import { readBlock, type Block } from './bzip2-block.js';

type Bytes = AsyncIterable<Uint8Array>;

/** Marks of a block and of the end of a stream: the decimal digits of π and of its square root. */
const BLOCK_MARK = 0x314159265359;
const END_MARK = 0x177245385090;
/** Symbols of a block per level; levels are 1 to 9. */
const SYMBOLS_PER_LEVEL = 100_000;
/** Limit for a compressed block (bytes): 900,000 codes of 20 bits, and the tables. */
const MAX_COMPRESSED_BLOCK = 4 * 1024 * 1024;
/** Size of output chunks (bytes); a block may decompress to 46 MB. */
const CHUNK_BYTES = 64 * 1024;

/** Decompresses bzip2; several streams in a row are read as one. @throws Error when it is damaged or truncated */
export async function* unbzip2(bytes: Bytes): Bytes {
  await using input = new Input(bytes);
  while (await input.hasMore()) {
    const level = await input.parse(readLevel);
    for (let sum = 0; ; ) {
      const part = await input.parse((bits) => readPart(bits, level * SYMBOLS_PER_LEVEL));
      if (typeof part === 'number') {
        if (part !== sum) throw new Error('bzip2: the checksum of the stream does not match');
        break;
      }
      yield* decodeRuns(part);
      sum = (((sum << 1) | (sum >>> 31)) ^ part.crc) >>> 0;
    }
  }
}

/** Reads the header of a stream: "BZh" and the level. */
function readLevel(bits: Bits): number {
  const level = bits.read(24) === 0x425a68 ? bits.read(8) - 0x30 : 0;
  if (level < 1 || level > 9) throw new Error('bzip2: expected the beginning of a stream');
  return level;
}

/** Reads a block, or the checksum at the end of a stream. */
function readPart(bits: Bits, room: number): Block | number {
  const mark = bits.read(24) * 2 ** 24 + bits.read(24);
  if (mark === BLOCK_MARK) return readBlock(bits, room);
  if (mark !== END_MARK) throw new Error('bzip2: expected a block or the end of the stream');
  const sum = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
  bits.align();
  return sum;
}

/** Decodes runs: after four equal bytes, one byte counts the repetitions that follow. */
function* decodeRuns({ links, first, crc }: Block): Iterable<Uint8Array> {
  let out = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let [size, sum, equal, previous] = [0, 0xffffffff, 0, -1];
  let at = (links[first] ?? 0) >>> 8;
  for (let left = links.length; left > 0; left--) {
    const link = links[at] ?? 0;
    const byte = link & 0xff;
    at = link >>> 8;
    const isCount = equal === 4;
    const copies = isCount ? byte : 1;
    const value = isCount ? previous : byte;
    equal = isCount ? 0 : byte === previous ? equal + 1 : 1;
    previous = isCount ? -1 : byte;
    for (let copy = 0; copy < copies; copy++) {
      out[size++] = value;
      sum = ((sum << 8) ^ (CRC[(sum >>> 24) ^ value] ?? 0)) >>> 0;
      if (size < CHUNK_BYTES) continue;
      yield out;
      out = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      size = 0;
    }
  }
  if (~sum >>> 0 !== crc) throw new Error('bzip2: the checksum of the block does not match');
  if (size > 0) yield out.subarray(0, size);
}

/** CRC-32 with the highest bit first. */
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});

/** The bytes of a stream, as bits; disposing of it closes the stream. */
class Input implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #bits = new Bits();

  constructor(bytes: Bytes) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    return !this.#bits.isEmpty || this.#fill(1);
  }

  /** Doubles the input and retries when there is too little, so that all retries together take linear time. */
  async parse<T>(parse: (bits: Bits) => T): Promise<T> {
    for (;;) {
      const parsed = this.#bits.attempt(parse);
      if (parsed !== undefined) return parsed;
      if (this.#bits.size > MAX_COMPRESSED_BLOCK)
        throw new Error('bzip2: expected a smaller block');
      if (!(await this.#fill(Math.max(this.#bits.size, 64))))
        throw new Error('bzip2: expected the rest of the stream, got the end');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Buffers at least `count` bytes, or the rest. @returns whether there were any */
  async #fill(count: number): Promise<boolean> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size < count) {
      const next = await this.#chunks.next();
      if (next.done) break;
      chunks.push(next.value);
      size += next.value.byteLength;
    }
    this.#bits.add(Buffer.concat(chunks));
    return size > 0;
  }
}
