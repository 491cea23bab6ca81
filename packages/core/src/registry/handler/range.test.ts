import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentRange, parseRange } from './range.js';

const WHOLE = { kind: 'whole' };
const NOTHING = { kind: 'nothing' };
const part = (start: number, end: number) => ({ kind: 'part', start, end });

describe('the header Range', () => {
  it.each<[string | undefined, object]>([
    [undefined, WHOLE],
    ['bytes=0-9', part(0, 10)],
    ['Bytes= 3 - 4 ', part(3, 5)],
    ['bytes=5-', part(5, 10)],
    ['bytes=5-1000', part(5, 10)],
    ['bytes=-3', part(7, 10)],
    ['bytes=-1000', part(0, 10)],
    ['bytes=9-9', part(9, 10)],
    ['bytes=10-', NOTHING],
    ['bytes=-0', NOTHING],
    [`bytes=${'9'.repeat(400)}-`, NOTHING],
  ])('%s selects of 10 bytes %j', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it.each(['', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'bytes=a-b', 'lines=0-1', 'bytes=0x1-2'])(
    'is ignored when it is %j',
    (header) => {
      expect(parseRange(header, 10)).toEqual(WHOLE);
    },
  );

  it('selects nothing of empty content', () => {
    for (const header of ['bytes=0-', 'bytes=-1', 'bytes=0-0'])
      expect(parseRange(header, 0)).toEqual(NOTHING);
  });

  it('never selects bytes outside the content', () => {
    const range = fc.tuple(fc.option(fc.nat(30)), fc.option(fc.nat(30)));
    fc.assert(
      fc.property(range, fc.nat(20), ([first, last], size) => {
        const found = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (found.kind !== 'part') return;
        expect(found.start).toBeGreaterThanOrEqual(0);
        expect(found.start).toBeLessThan(found.end);
        expect(found.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('the header Content-Range', () => {
  it.each([
    ['0-99', { start: 0, size: 100 }],
    ['bytes 5-5/*', { start: 5, size: 1 }],
    ['bytes=5-6/7', { start: 5, size: 2 }],
  ])('%s is parsed', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  it.each(['', '5', '5-', '-5', '6-5', 'a-b', '0-1,2-3', `0-${'9'.repeat(16)}`])(
    '%j is invalid',
    (header) => {
      expect(parseContentRange(header)).toBeUndefined();
    },
  );
});
