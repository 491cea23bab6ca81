import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize, parseSpace } from './units.js';

const USAGE = expect.objectContaining({ code: 'USAGE' }) as Error;

describe('a duration', () => {
  it.each([
    ['30d', 30 * 86_400_000],
    ['12h', 12 * 3_600_000],
    ['1.5h', 5_400_000],
    ['.5 hours', 1_800_000],
    ['0', 0],
  ])('%s is %i ms', (text, expected) => {
    expect(parseDuration(text, 'rule')).toBe(expected);
  });

  it.each(['', '-1d', 'd', '30 parsecs', '1d2h', 'NaN', `${'1'.repeat(200)}d`])(
    '%j is refused',
    (text) => {
      expect(() => parseDuration(text, 'rule')).toThrow(USAGE);
    },
  );
});

describe('a size', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['10 B', 10],
    ['1.5kb', 1536],
    ['10GB', 10 * 2 ** 30],
    ['10GiB', 10 * 2 ** 30],
    ['2 TiB', 2 * 2 ** 40],
  ])('%s is %i bytes', (text, expected) => {
    expect(parseSize(text, 'rule')).toBe(expected);
  });

  it.each(['', '-1', 'GB', '1e3', '10GBs', '1,5GB', '10%', '0x10', ' 1'])(
    '%j is refused',
    (text) => {
      expect(() => parseSize(text, 'rule')).toThrow(USAGE);
    },
  );
});

describe('a share of space', () => {
  it.each([
    ['10%', 100],
    ['0 %', 0],
    ['12.5%', 125],
    ['100%', 1000],
    ['1kB', 1024],
  ])('%s of 1000 bytes is %i', (text, expected) => {
    expect(parseSpace(text, 1000, 'rule')).toBe(expected);
  });

  it.each(['101%', '%', '-5%', '1%%'])('%j is refused', (text) => {
    expect(() => parseSpace(text, 1000, 'rule')).toThrow(USAGE);
  });
});
