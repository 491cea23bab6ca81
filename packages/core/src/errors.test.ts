import { expect, it } from 'vitest';
import { few, ImageError } from './errors.js';

const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);

it.each([
  [0, ''],
  [2, 'n0, n1'],
  [20, names(20).join(', ')],
  [1254, `${names(20).join(', ')} and 1,234 more`],
])('of %s names a message lists the first', (count, expected) => {
  expect(few(names(count))).toBe(expected);
});

it('a message and a hint are bounded, whatever they quote', () => {
  const { message, hint } = new ImageError('INVALID', 'x'.repeat(1e6), { hint: 'y'.repeat(1e6) });
  expect([message.length, hint?.length]).toEqual([4001, 4001]);
});
