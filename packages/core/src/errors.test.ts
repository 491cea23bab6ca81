import { expect, it } from 'vitest';
import { shortList, ImageError } from './errors.js';

const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);

it.each([
  [0, ''],
  [2, 'n0, n1'],
  [10, names(10).join(', ')],
  [1254, `${names(10).join(', ')} and 1244 more`],
])('a message lists at most ten of %d names', (count, expected) => {
  expect(shortList(names(count))).toBe(expected);
});

it('a long message or hint is truncated', () => {
  const { message, hint } = new ImageError('INVALID', 'x'.repeat(1e6), { hint: 'y'.repeat(1e6) });
  expect([message.length, hint?.length]).toEqual([4001, 4001]);
});
