import { describe, expect, it } from 'vitest';
import { inputsOf, localFile } from './local-file.js';

describe('the file that a job uses', () => {
  it.each<[unknown, string | undefined]>([
    ['./.github/workflows/x.yml', '.github/workflows/x.yml'],
    ['./a/../b.yml', 'b.yml'],
    ['./actions/setup/', 'actions/setup'],
    ['./../x.yml', undefined],
    ['./a/../../x.yml', undefined],
    ['./..', undefined],
    ['.//etc/passwd', undefined],
    ['../x.yml', undefined],
    ['/etc/x.yml', undefined],
    ['actions/checkout@v4', undefined],
    ['./x.yml@v1', undefined],
    ['./${{ matrix.x }}', undefined],
    ['./a\\b', undefined],
    ['./a\0b', undefined],
    ['./', undefined],
    [7, undefined],
    [undefined, undefined],
  ])('%j is %j', (uses, expected) => {
    expect(localFile(uses)).toBe(expected);
  });
});

describe('the inputs of a called file', () => {
  const declared = { inputs: { a: { default: '1' }, b: { default: '2' }, c: {}, d: null } };

  it('are those given, else their defaults', () => {
    expect(inputsOf(declared, { b: '${{ matrix.x }}', e: '5' }, { matrix: { x: 'y' } })).toEqual({
      a: '1',
      b: 'y',
      e: '5',
    });
  });

  it.each([[undefined], [null], [[]], [{ inputs: [] }]])('may be declared as %j', (given) => {
    expect(inputsOf(given, { a: '1' }, {})).toEqual({ a: '1' });
    expect(inputsOf(given, 'text', {})).toEqual({});
  });
});
