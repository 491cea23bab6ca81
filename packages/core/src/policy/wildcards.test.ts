import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesAny } from './wildcards.js';

describe('a pattern of names', () => {
  it.each([
    ['app', 'app', true],
    ['app', 'ap', false],
    ['*', '', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'ac', false],
    ['*b*', 'abc', true],
    ['a.c', 'abc', false],
    ['(a+)+', 'aa', false],
    [`${'*a'.repeat(50)}b`, 'a'.repeat(128), false],
  ])('%j matches %j: %j', (pattern, name, expected) => {
    expect(matchesAny(name, [pattern])).toBe(expected);
  });

  it('gives the same result as backtracking', () => {
    const backtrack = (name: string, pattern: string): boolean => {
      if (pattern === '') return name === '';
      if (pattern.startsWith('*'))
        return Array.from({ length: name.length + 1 }).some((_, at) =>
          backtrack(name.slice(at), pattern.slice(1)),
        );
      return (
        name.startsWith(pattern[0] ?? '') &&
        name !== '' &&
        backtrack(name.slice(1), pattern.slice(1))
      );
    };
    const text = (...chars: string[]) =>
      fc.array(fc.constantFrom(...chars), { maxLength: 6 }).map((each) => each.join(''));
    fc.assert(
      fc.property(text('a', 'b'), text('a', 'b', '*'), (name, pattern) => {
        expect(matchesAny(name, [pattern])).toBe(backtrack(name, pattern));
      }),
    );
  });
});
