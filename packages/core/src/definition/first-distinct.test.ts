import { expect, it } from 'vitest';
import { firstDistinct } from './first-distinct.js';

it('explains items until there are enough different texts, and counts the rest', () => {
  let explained = 0;
  const explain = (item: string) => {
    explained++;
    return item.toUpperCase();
  };
  expect(firstDistinct(['a', 'A', 'b', 'c', 'a'], 2, explain)).toEqual({
    texts: ['A', 'B'],
    rest: 2,
  });
  expect(explained).toBe(3);
  expect(firstDistinct(['a', 'a'], 2, explain)).toEqual({ texts: ['A'], rest: 0 });
  expect(firstDistinct([], 2, explain)).toEqual({ texts: [], rest: 0 });
});
