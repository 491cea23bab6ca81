import type { Bits } from './bzip2-bits.js';

/** Longest Huffman code, in bits. */
const MAX_CODE_BITS = 20;

/** A table of Huffman codes, read from a block. */
export interface Table {
  readonly read: (bits: Bits) => number;
}

/** Reads the lengths of the codes, each coded as its difference from the previous one. @throws OutOfBits; Error */
export function readTable(bits: Bits, symbols: number): Table {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS)
        throw new Error(`bzip2: expected codes of 1 to ${MAX_CODE_BITS} bits`);
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return tableOf(lengths);
}

/** Assigns codes in ascending order: shorter ones first, those of equal length in the order of their symbols. */
function tableOf(lengths: Uint8Array): Table {
  const shortest = Math.min(...lengths);
  const longest = Math.max(...lengths);
  const symbols = [...lengths.keys()].sort(
    (a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b,
  );
  /** For each length: one past its last code, and the offset from a code to the index of its symbol. */
  const [ends, offsets] = [new Int32Array(MAX_CODE_BITS + 1), new Int32Array(MAX_CODE_BITS + 1)];
  let [code, before] = [0, 0];
  for (let length = shortest; length <= longest; length++) {
    const count = lengths.reduce((sum, each) => sum + (each === length ? 1 : 0), 0);
    offsets[length] = before - code;
    code += count;
    before += count;
    ends[length] = code;
    code *= 2;
  }
  return {
    read: (bits) => {
      let length = shortest;
      let read = bits.read(shortest);
      while (read >= (ends[length] ?? 0)) {
        if (++length > longest) throw new Error('bzip2: expected a code of the table');
        read = read * 2 + bits.read(1);
      }
      const symbol = symbols[read + (offsets[length] ?? 0)];
      if (symbol === undefined) throw new Error('bzip2: expected a code of the table');
      return symbol;
    },
  };
}
