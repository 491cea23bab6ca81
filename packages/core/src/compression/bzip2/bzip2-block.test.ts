import { describe, expect, it } from 'vitest';
import { bytesOfBits } from '../../../testing/chunks.js';
import { Bits, OutOfBits } from './bzip2-bits.js';
import { readBlock } from './bzip2-block.js';

interface Parts {
  readonly randomised?: string;
  readonly first?: number;
  readonly used?: string;
  readonly tables?: string;
  readonly selectors?: string;
  readonly symbols?: string;
}

/** Only the byte `a` (0x61) occurs: range 6, and bit 1 of it. */
const ONLY_A = `${bit(6)}${bit(1)}`;
/** Codes of the two runs and of the end of the block: 0, 10, 11. */
const TABLE = '00001 0 100 0';

function bit(at: number): string {
  return '0'.repeat(at).concat('1').padEnd(16, '0');
}

/** The bits of a block with two equal tables. */
function block({
  randomised = '0',
  first = 0,
  used = ONLY_A,
  tables = `010`,
  selectors = `${'1'.padStart(15, '0')} 0`,
  symbols = '0 11',
}: Parts = {}): Bits {
  const bits = new Bits();
  const start = first.toString(2).padStart(24, '0');
  const crc = '1'.padStart(32, '0');
  bits.add(bytesOfBits(crc, randomised, start, used, tables, selectors, TABLE, TABLE, symbols));
  return bits;
}

const lengthOf = (symbols: string, room = 1000) => readBlock(block({ symbols }), room).links.length;

describe('a block', () => {
  it('has its checksum, its start and its symbols, linked', () => {
    const { crc, first, links } = readBlock(block(), 10);
    expect([crc, first, [...links]]).toEqual([1, 0, [0x61]]);
    // Each `a` is followed by the next one.
    const chain = readBlock(block({ symbols: '10 11', first: 1 }), 10);
    expect([...chain.links].map((link) => link >>> 8)).toEqual([0, 1]);
  });

  it.each([
    ['0 11', 1],
    ['10 11', 2],
    ['00 11', 3],
    ['10 0 11', 4],
    ['0 10 11', 5],
    ['10 10 11', 6],
    ['000 11', 7],
  ])('with the runs %s has %i symbols', (symbols, count) => {
    expect(lengthOf(symbols)).toBe(count);
  });

  it('has no more symbols than there is room for', () => {
    expect(lengthOf('10 10 11', 6)).toBe(6);
    expect(() => lengthOf('10 10 11', 5)).toThrow('no more symbols than the block has room for');
    // A run that doubles with each code is refused before it overflows.
    expect(() => lengthOf('0'.repeat(50), 900_000)).toThrow('no more symbols');
  });

  it.each([
    ['randomised', { randomised: '1' }, 'randomised blocks'],
    ['without byte values', { used: '0'.repeat(16) }, 'at least one byte value'],
    ['with one table', { tables: '001' }, '2 to 6 tables'],
    ['with seven tables', { tables: '111' }, '2 to 6 tables'],
    ['without selectors', { selectors: '0'.repeat(15) }, 'expected selectors'],
    [
      'with a selector of no table',
      { selectors: `${'1'.padStart(15, '0')} 110` },
      'a selector of a table',
    ],
    ['that starts after its end', { first: 1 }, 'a start within the block'],
    ['without symbols', { symbols: '11' }, 'a start within the block'],
  ])('%s is refused', (_what, parts: Parts, message) => {
    expect(() => readBlock(block(parts), 10)).toThrow(message);
  });

  it('whose selectors end before it does is refused', () => {
    // One selector is for 50 codes. Two values are used, so there are four symbols, of two bits each.
    const [start, used] = ['0'.repeat(24), `${bit(6)}${'011'.padEnd(16, '0')}`];
    const [selectors, table] = [`${'1'.padStart(15, '0')} 0`, '00010 0000'];
    const codes = '10'.repeat(60);
    const bits = new Bits();
    bits.add(bytesOfBits('0'.repeat(32), '0', start, used, '010', selectors, table, table, codes));
    expect(() => readBlock(bits, 1000)).toThrow('expected the end of the block');
  });

  it('that is cut short is OutOfBits', () => {
    const bits = new Bits();
    bits.add(bytesOfBits('0'.repeat(57)));
    expect(() => readBlock(bits, 10)).toThrow(OutOfBits);
  });
});
