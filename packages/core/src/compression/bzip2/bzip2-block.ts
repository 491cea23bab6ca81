import type { Bits } from './bzip2-bits.js';
import { readTable, type Table } from './bzip2-table.js';

/** A block before the last steps of decompression: at most 900,000 symbols, however large its output. */
export interface Block {
  readonly crc: number;
  /** For each symbol, its value in the lowest 8 bits and the position of the next one above them. */
  readonly links: Uint32Array;
  /** Position at which the chain of links starts. */
  readonly first: number;
}

/** Symbols per selector. */
const GROUP_SYMBOLS = 50;
const MAX_SELECTORS = 18_002;
const [RUN_A, RUN_B] = [0, 1];

/** Reads a block after its mark. @param room limit of symbols. @throws OutOfBits; Error when it is invalid */
export function readBlock(bits: Bits, room: number): Block {
  const crc = ((bits.read(16) << 16) | bits.read(16)) >>> 0;
  if (bits.read(1) === 1) throw new Error('bzip2: randomised blocks are not supported');
  const first = bits.read(24);
  const used = readUsed(bits);
  const count = bits.read(3);
  if (count < 2 || count > 6) throw new Error('bzip2: expected 2 to 6 tables');
  const selectors = readSelectors(bits, count);
  const tables = Array.from({ length: count }, () => readTable(bits, used.length + 2));
  const symbols = readSymbols(bits, { used, selectors, tables, room });
  if (first >= symbols.length) throw new Error('bzip2: expected a start within the block');
  return { crc, first, links: linkSymbols(symbols) };
}

/** The byte values that occur, from two levels of flags. */
function readUsed(bits: Bits): readonly number[] {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges >> (15 - range)) & 1) === 0) continue;
    const flags = bits.read(16);
    for (let at = 0; at < 16; at++)
      if (((flags >> (15 - at)) & 1) === 1) used.push(range * 16 + at);
  }
  if (used.length === 0) throw new Error('bzip2: expected at least one byte value in use');
  return used;
}

/** Reads the index of a table for each group; indexes are move-to-front coded. */
function readSelectors(bits: Bits, tables: number): Uint8Array {
  const count = bits.read(15);
  if (count === 0) throw new Error('bzip2: expected selectors');
  const selectors = new Uint8Array(Math.min(count, MAX_SELECTORS));
  const recent = Uint8Array.from({ length: tables }, (_, at) => at);
  for (let at = 0; at < count; at++) {
    let index = 0;
    while (bits.read(1) === 1)
      if (++index >= tables) throw new Error('bzip2: expected a selector of a table');
    const table = recent[index] ?? 0;
    recent.copyWithin(1, 0, index);
    recent[0] = table;
    // Selectors beyond those that a block can use are read and ignored, as bzip2 does.
    if (at < MAX_SELECTORS) selectors[at] = table;
  }
  return selectors;
}

interface Coding {
  readonly used: readonly number[];
  readonly selectors: Uint8Array;
  readonly tables: readonly Table[];
  /** The most symbols that the block may have. */
  readonly room: number;
}

/** Decodes Huffman codes, runs of the most recent byte, and move-to-front indexes. */
function readSymbols(bits: Bits, { used, selectors, tables, room }: Coding): Uint8Array {
  const symbols = new Uint8Array(room);
  const recent = Uint8Array.from(used);
  const end = used.length + 1;
  let [size, run, weight] = [0, 0, 1];
  const finishRun = (): void => {
    if (size + run > room) throw tooManySymbols();
    symbols.fill(recent[0] ?? 0, size, size + run);
    size += run;
    [run, weight] = [0, 1];
  };
  for (const selector of selectors) {
    const table = tables[selector];
    for (let left = GROUP_SYMBOLS; table && left > 0; left--) {
      const symbol = table.read(bits);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += weight << symbol;
        weight *= 2;
        if (run > room) throw tooManySymbols();
        continue;
      }
      if (run > 0) finishRun();
      if (symbol === end) return symbols.subarray(0, size);
      if (size === room) throw tooManySymbols();
      const byte = recent[symbol - 1] ?? 0;
      recent.copyWithin(1, 0, symbol - 1);
      recent[0] = byte;
      symbols[size++] = byte;
    }
  }
  throw new Error('bzip2: expected the end of the block');
}

function tooManySymbols(): Error {
  return new Error('bzip2: expected no more symbols than the block has room for');
}

/** Prepares the inverse of the Burrows-Wheeler transform. */
function linkSymbols(symbols: Uint8Array): Uint32Array {
  const next = new Uint32Array(256);
  for (const byte of symbols) next[byte] = (next[byte] ?? 0) + 1;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = next[byte] ?? 0;
    next[byte] = sum;
    sum += count;
  }
  const links = Uint32Array.from(symbols);
  for (let at = 0; at < symbols.length; at++) {
    const byte = symbols[at] ?? 0;
    const to = next[byte] ?? 0;
    links[to] = ((links[to] ?? 0) | (at << 8)) >>> 0;
    next[byte] = to + 1;
  }
  return links;
}
