import { expect, it } from 'vitest';
import { shortList } from './short-list.js';

it.each([
  [1, '0'],
  [10, '0, 1, 2, 3, 4, 5, 6, 7, 8, 9'],
  [11, '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more'],
  [35_000, '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 34990 more'],
])('names at most ten of %d', (count, expected) => {
  expect(shortList(Array.from({ length: count }, (_, at) => `${at}`))).toBe(expected);
});
