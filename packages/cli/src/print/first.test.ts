import { expect, it } from 'vitest';
import { first } from './first.js';
import { text } from './text.js';

const lines = (count: number, most?: number) =>
  first(
    Array.from({ length: count }, (_, at) => at),
    (each) => text`${String(each)}\n`,
    most,
  ).map(({ content }) => content);

it('prints a short list whole', () => {
  expect(lines(2, 2)).toEqual(['0\n', '1\n']);
  expect(lines(0)).toEqual([]);
});

it('counts the entries of a long list that it does not print', () => {
  expect(lines(5, 2)).toEqual(['0\n', '1\n', '  … and 3 more; --json lists all\n']);
  expect(lines(101)).toHaveLength(101);
  expect(lines(102)).toHaveLength(101);
});
