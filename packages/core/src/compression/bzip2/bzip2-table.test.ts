import { describe, expect, it } from 'vitest';
import { bytesOfBits } from '../../../testing/chunks.js';
import { Bits, OutOfBits } from './bzip2-bits.js';
import { readTable } from './bzip2-table.js';

function bitsOf(...texts: readonly string[]): Bits {
  const bits = new Bits();
  bits.add(bytesOfBits(...texts));
  return bits;
}

describe('a table of codes', () => {
  it('gives shorter codes first, those of equal length in the order of their symbols', () => {
    // Lengths 2, 1, 3, 3: codes 10, 0, 110, 111.
    const bits = bitsOf('00010', '0', '110', '10 10 0', '0', '10 0 111 110');
    const table = readTable(bits, 4);
    expect(Array.from({ length: 4 }, () => table.read(bits))).toEqual([0, 1, 3, 2]);
  });

  it('may have one length for all', () => {
    const bits = bitsOf('00010', '0000', '00 01 10 11');
    const table = readTable(bits, 4);
    expect(Array.from({ length: 4 }, () => table.read(bits))).toEqual([0, 1, 2, 3]);
  });

  it('has codes of up to 20 bits', () => {
    const bits = bitsOf('10100', '0', '0', '0'.repeat(19), '1');
    expect(readTable(bits, 2).read(bits)).toBe(1);
  });

  it.each([
    ['0 bits', '00000'],
    ['21 bits', '10101'],
    ['less than 1 bit, by a difference', '00001 11'],
    ['more than 20 bits, by a difference', '10100 10'],
  ])('with a code of %s is refused', (_what, text) => {
    expect(() => readTable(bitsOf(text, '0000'), 2)).toThrow('expected codes of 1 to 20 bits');
  });

  it('refuses bits that are none of its codes', () => {
    // Lengths 1 and 3: 11 begins no code.
    const bits = bitsOf('00001', '0', '10 10 0', '111');
    const table = readTable(bits, 2);
    expect(() => table.read(bits)).toThrow('expected a code of the table');
  });

  it('of more symbols than its lengths allow gives those that have a code', () => {
    // Three codes of one bit: 0, 1, and one that cannot be.
    const bits = bitsOf('00001', '000', '0 1');
    const table = readTable(bits, 3);
    expect([table.read(bits), table.read(bits)]).toEqual([0, 1]);
  });

  it('that is cut short is OutOfBits', () => {
    expect(() => readTable(bitsOf('00001 010'), 100)).toThrow(OutOfBits);
  });
});
