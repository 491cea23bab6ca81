import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, isByteName, systemPath } from './byte-names.js';

describe('names that are not UTF-8', () => {
  it.each([
    ['plain', 'plain'],
    ['c3a9', 'é', 'hex'],
    ['ff', '\udcff', 'hex'],
    ['61c362', 'a\udcc3b', 'hex'],
    ['f09f9880ff', '😀\udcff', 'hex'],
    ['eda080', '\udced\udca0\udc80', 'hex'],
    ['efbbbf61', '\ufeffa', 'hex'],
    ['efbfbd', '\ufffd', 'hex'],
  ])('%s is %j and back', (bytes, name, encoding = 'latin1') => {
    const raw = Buffer.from(bytes, encoding as BufferEncoding);
    expect(decodeName(raw)).toBe(name);
    expect(encodeName(name)).toEqual(raw);
    expect(isByteName(name)).toBe(/[\udc80-\udcff]/u.test(name));
  });

  it('gives every sequence of two bytes another name', () => {
    const names = new Set<string>();
    for (let value = 0; value < 0x10000; value++) {
      const bytes = Buffer.of(value >> 8, value & 0xff);
      const name = decodeName(bytes);
      names.add(name);
      if (!encodeName(name).equals(bytes)) throw new Error(`${value.toString(16)} was changed`);
    }
    expect(names.size).toBe(0x10000);
  });

  it('gives the file system bytes only where a string cannot hold the name', () => {
    expect(systemPath('/a/é')).toBe('/a/é');
    expect(systemPath('/a/\udcff')).toEqual(Buffer.from('/a/\xff', 'latin1'));
  });
});
