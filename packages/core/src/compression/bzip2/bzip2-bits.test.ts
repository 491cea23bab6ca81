import { describe, expect, it } from 'vitest';
import { Bits, OutOfBits } from './bzip2-bits.js';

function bitsOf(...bytes: readonly number[]): Bits {
  const bits = new Bits();
  bits.add(Uint8Array.from(bytes));
  return bits;
}

describe('bits', () => {
  it('are read the highest of each byte first, across bytes', () => {
    const bits = bitsOf(0b1010_0000, 0xff, 0x12, 0x34, 0x56);
    expect([bits.read(1), bits.read(2), bits.read(9)]).toEqual([1, 0b01, 0b0_0000_1111]);
    expect(bits.read(24)).toBe(0xf12345);
    expect(bits.read(4)).toBe(6);
    expect(bits.isEmpty).toBe(true);
  });

  it('of 24 are read at any offset', () => {
    for (let offset = 1; offset < 8; offset++) {
      const bits = bitsOf(0xff, 0xff, 0xff, 0xff);
      bits.read(offset);
      expect(bits.read(24)).toBe(0xffffff);
    }
  });

  it('end with OutOfBits, and go on when more are added', () => {
    const bits = bitsOf(0xf0);
    expect(bits.read(4)).toBe(15);
    expect(() => bits.read(8)).toThrow(OutOfBits);
    bits.add(Uint8Array.of(0xab));
    expect(bits.size).toBe(1);
    expect(bits.read(12)).toBe(0x0ab);
  });

  it('are skipped to the next byte, and not at the beginning of one', () => {
    const bits = bitsOf(0xff, 0x01, 0x02);
    bits.read(3);
    bits.align();
    expect(bits.read(8)).toBe(1);
    bits.align();
    expect(bits.isEmpty).toBe(false);
    expect(bits.read(8)).toBe(2);
  });

  it('are all read when only padding is left', () => {
    const bits = bitsOf(0x80);
    expect(bits.isEmpty).toBe(false);
    bits.read(1);
    expect(bits.isEmpty).toBe(true);
  });
});

describe('an attempt', () => {
  it('that runs out of bits is rewound, within a byte, too', () => {
    const bits = bitsOf(0xab, 0xcd);
    bits.read(4);
    expect(bits.attempt((each) => [each.read(8), each.read(8)])).toBeUndefined();
    bits.add(Uint8Array.of(0xef));
    expect(bits.attempt((each) => [each.read(8), each.read(8)])).toEqual([0xbc, 0xde]);
    expect(bits.read(4)).toBe(0xf);
  });

  it('passes on any other error', () => {
    const failing = () => {
      throw new TypeError('mine');
    };
    expect(() => bitsOf(1).attempt(failing)).toThrow('mine');
  });
});
