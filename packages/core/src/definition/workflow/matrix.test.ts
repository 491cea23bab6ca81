import { describe, expect, it } from 'vitest';
import { combinationsOf } from './matrix.js';

it('combines all lists, and takes a single value as a list of one', () => {
  expect(combinationsOf({ os: ['a', 'b'], node: [22, 24], arch: 'arm64' })).toEqual([
    { os: 'a', node: 22, arch: 'arm64' },
    { os: 'a', node: 24, arch: 'arm64' },
    { os: 'b', node: 22, arch: 'arm64' },
    { os: 'b', node: 24, arch: 'arm64' },
  ]);
  expect(combinationsOf({})).toEqual([]);
  expect(combinationsOf({ os: [] })).toEqual([]);
});

it('leaves out combinations that match an exclude completely', () => {
  const axes = { os: ['a', 'b'], node: [22, 24] };
  expect(combinationsOf({ ...axes, exclude: [{ os: 'a', node: 22 }, { os: 'b' }] })).toEqual([
    { os: 'a', node: 24 },
  ]);
  expect(combinationsOf({ ...axes, exclude: [{ os: 'a', arch: 'x' }, null] })).toHaveLength(4);
});

describe('a matrix', () => {
  it.each([
    ['no list', {}, []],
    [
      'two lists',
      { a: ['1', '2'], b: ['x'] },
      [
        { a: '1', b: 'x' },
        { a: '2', b: 'x' },
      ],
    ],
    [
      'an exclusion',
      { a: ['1', '2'], b: ['x', 'y'], exclude: [{ a: '1', b: 'x' }, { a: '2' }] },
      [{ a: '1', b: 'y' }],
    ],
    [
      'includes alone',
      { include: [{ a: '1' }, { a: '2', b: 'y' }] },
      [{ a: '1' }, { a: '2', b: 'y' }],
    ],
    [
      'the example of GitHub’s documentation',
      {
        fruit: ['apple', 'pear'],
        animal: ['cat', 'dog'],
        include: [
          { color: 'green' },
          { color: 'pink', animal: 'cat' },
          { fruit: 'apple', shape: 'circle' },
          { fruit: 'banana' },
          { fruit: 'banana', animal: 'cat' },
        ],
      },
      [
        { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
        { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
        { fruit: 'pear', animal: 'cat', color: 'pink' },
        { fruit: 'pear', animal: 'dog', color: 'green' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    ],
  ])('expands %s', (_what, matrix, expected) => {
    expect(combinationsOf(matrix)).toEqual(expected);
  });
});

it('refuses a product that is too large, before it is made', () => {
  const list = Array.from({ length: 1000 }, (_, at) => at);
  expect(() => combinationsOf({ a: list, b: list, c: list })).toThrow(
    expect.objectContaining({ code: 'USAGE' }) as Error,
  );
});
