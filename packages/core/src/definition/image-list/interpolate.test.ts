import { describe, expect, it } from 'vitest';
import { interpolate } from './interpolate.js';

const VARIABLES = { A: 'a', EMPTY: '', _x1: 'x', UNSET: undefined };

function run(text: string) {
  const problems: string[] = [];
  const value = interpolate(text, {
    variables: VARIABLES,
    onProblem: (problem) => void problems.push(problem),
  });
  return { value, problems };
}

describe('a value of a Compose file', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['$A', 'a'],
    ['${A}', 'a'],
    ['$A$_x1-$A', 'ax-a'],
    ['$$A', '$A'],
    ['$$$A', '$a'],
    ['a$', 'a$'],
    ['$1', '$1'],
    ['${A-b}', 'a'],
    ['${B-b}', 'b'],
    ['${EMPTY-b}', ''],
    ['${EMPTY:-b}', 'b'],
    ['${UNSET-b}', 'b'],
    ['${B:-}', ''],
    ['${A+b}', 'b'],
    ['${EMPTY+b}', 'b'],
    ['${EMPTY:+b}', ''],
    ['${B+b}', ''],
    ['${A?no}', 'a'],
    ['${B:-${A}${_x1}}', 'ax'],
    ['${B:-${C:-c}}!', 'c!'],
    ['${B:-a:b-c?d}', 'a:b-c?d'],
    ['${B-two\nlines}', 'two\nlines'],
  ])('%j is %j', (text, expected) => {
    expect(run(text)).toEqual({ value: expected, problems: [] });
  });

  it.each([
    ['$B', 'the variable B has no value'],
    ['${B}', 'the variable B has no value'],
    ['${B?must be set}', 'the variable B has no value (must be set)'],
    ['${EMPTY:?}', 'the variable EMPTY has no value'],
    ['${}', '"" is not the name of a variable'],
    ['${1}', '"1" is not the name of a variable'],
    ['${A B}', '"A B" is not the name of a variable'],
    ['${A:b}', '"A:b" is not the name of a variable'],
    ['x${A', 'the closing } of ${A is missing'],
    ['${B:-${A}', 'the closing } of ${B:-${A} is missing'],
    // Not a variable, although JavaScript knows the name.
    ['$constructor', 'the variable constructor has no value'],
  ])('%j has the problem %j', (text, problem) => {
    expect(run(text).problems).toEqual([problem]);
  });

  it('is not evaluated where it is not used', () => {
    expect(run('${A:-${B}}')).toEqual({ value: 'a', problems: [] });
    expect(run('${B:+${C}}')).toEqual({ value: '', problems: [] });
  });

  it('does not replace variables in the value of a variable', () => {
    const value = interpolate('$A', {
      variables: { A: '$B' },
      onProblem: () => expect.unreachable(),
    });
    expect(value).toBe('$B');
  });
});
