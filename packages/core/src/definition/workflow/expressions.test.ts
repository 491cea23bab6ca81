import { describe, expect, it } from 'vitest';
import { isUnknown, resolveExpressions } from './expressions.js';

const CONTEXTS = {
  matrix: { os: 'debian-12', Config: { CC: 'gcc' }, list: ['a', 'b'], 'dash-ed': 'd' },
  inputs: { os: 'input' },
};

describe('an expression', () => {
  it.each<[unknown, unknown]>([
    ['${{ matrix.os }}', 'debian-12'],
    ['${{matrix.os}}', 'debian-12'],
    ['  ${{ MATRIX.OS }}  ', 'debian-12'],
    ['${{ inputs.os }}', 'input'],
    ['${{ matrix.config.cc }}', 'gcc'],
    ['${{ matrix.dash-ed }}', 'd'],
    // Alone it may be any value; within a text only a text.
    ['${{ matrix.list }}', ['a', 'b']],
    ['x-${{ matrix.list }}', 'x-'],
    ['${{ matrix.os }}-${{ inputs.os }}', 'debian-12-input'],
    ['${{ matrix.none }}', ''],
    ['${{ matrix.os.deeper }}', ''],
    ['${{ github.ref }}', '${{ github.ref }}'],
    ['${{ matrix.os || 1 }}', '${{ matrix.os || 1 }}'],
    [
      ['${{ matrix.os }}', { a: '${{ inputs.os }}' }],
      ['debian-12', { a: 'input' }],
    ],
    [7, 7],
    [null, null],
  ])('%j is %j', (value, expected) => {
    expect(resolveExpressions(value, CONTEXTS)).toEqual(expected);
  });

  it('of a context that is not known stays', () => {
    expect(resolveExpressions('${{ inputs.os }}', { matrix: {} })).toBe('${{ inputs.os }}');
    expect(resolveExpressions('a ${{ inputs.os }}', {})).toBe('a ${{ inputs.os }}');
  });

  it('is not evaluated twice', () => {
    const matrix = { a: '${{ matrix.b }}', b: 'x' };
    expect(resolveExpressions('${{ matrix.a }}', { matrix })).toBe('${{ matrix.b }}');
  });

  it('makes a text unknown', () => {
    expect([isUnknown('${{ x }}'), isUnknown('x'), isUnknown(['${{ x }}'])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
