import { describe, expect, it } from 'vitest';
import { didYouMean, nearestOf } from './did-you-mean.js';
import { firstDistinct } from './first-distinct.js';

describe('a mistyped name', () => {
  it.each([
    ['app', ['apt', 'zebra'], 'Did you mean apt?'],
    ['app', ['zebra'], undefined],
    ['app', [], undefined],
    ['.'.repeat(100_000), ['.'.repeat(100_000)], undefined],
    ['app', ['a'.repeat(100_000)], undefined],
  ])('%.10s with known names %.20j: %j', (name, known, expected) => {
    expect(didYouMean(name, known)).toBe(expected);
  });

  it('is compared by its first characters only', () => {
    expect(nearestOf('a'.repeat(100_000), ['b', 'aaa'])).toBe('aaa');
  });
});

describe('the first distinct texts', () => {
  it.each([
    [[], { texts: [], rest: 0 }, 0],
    [[1, 1, 2], { texts: ['1', '2'], rest: 0 }, 3],
    [[1, 1, 2, 3, 4], { texts: ['1', '2', '3'], rest: 1 }, 4],
    [Array.from({ length: 20_000 }, (_, at) => at), { texts: ['0', '1', '2'], rest: 19_997 }, 3],
  ])('of %.20j are explained only as far as they are shown', (items, expected, calls) => {
    let called = 0;
    const explain = (item: number) => {
      called++;
      return String(item);
    };
    expect(firstDistinct(items, 3, explain)).toEqual(expected);
    expect(called).toBe(calls);
  });
});
