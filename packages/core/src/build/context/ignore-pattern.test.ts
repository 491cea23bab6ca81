import { describe, expect, it } from 'vitest';
import { matchesChar, parsePattern } from './ignore-pattern.js';

/** A pattern as text: `*` for a star, `?` for any, `<folders>`, `<all>`, `[…]` for a class. */
const shown = (pattern: string, escapes?: boolean) =>
  parsePattern(pattern, escapes)
    .map((token) => {
      if (token.kind === 'literal') return token.char;
      if (token.kind === 'class')
        return `[${token.isNegated ? '^' : ''}${token.ranges.map(([a, b]) => `${a}-${b}`).join()}]`;
      return { any: '?', star: '*', folders: '<folders>', all: '<all>' }[token.kind];
    })
    .join('');

describe('a pattern', () => {
  it.each([
    ['a/b.c', 'a/b.c'],
    ['a*b?', 'a*b?'],
    ['a***b', 'a<folders>*b'],
    ['**/a', '<folders>a'],
    ['a/**', 'a/<all>'],
    ['a/**/b', 'a/<folders>b'],
    ['a/**/**/b', 'a/<folders>b'],
    ['**', '<all>'],
    ['**/', '<all>'],
    // The name is compared with the end of the path.
    ['**a', '<all>a'],
    ['**a*', '<folders>a*'],
    ['[a-c]', '[97-99]'],
    ['[^a]x', '[^97-97]x'],
    ['[]a]', '[93-93,97-97]'],
    ['[a-]', '[97-97,45-45]'],
    ['[\\]-^]', '[93-94]'],
    ['\\*\\?', '*?'],
    ['a\\', 'a\\'],
    ['é', 'é'],
  ])('%s is %s', (pattern, expected) => {
    expect(shown(pattern)).toBe(expected);
  });

  it('has no escapes where a backslash separates', () => {
    expect(parsePattern('\\*', false).map(({ kind }) => kind)).toEqual(['literal', 'star']);
  });

  it.each(['[', '[a', '[^', '[b-a]', '[a-', '[\\'])('%s is INVALID', (pattern) => {
    expect(() => parsePattern(pattern)).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });
});

describe('a token', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['?', 'x', true],
    ['?', '/', false],
    ['*', '/', false],
    ['**', '/', true],
    ['[a-c]', 'b', true],
    ['[a-c]', 'd', false],
    ['[^a]', 'b', true],
    ['[^a]', 'a', false],
    // As in Docker, brackets may match a slash.
    ['[.-0]', '/', true],
    ['[😀-😂]', '😁', true],
  ])('%s matches %j: %s', (pattern, char, expected) => {
    const [token] = parsePattern(pattern);
    expect(token && matchesChar(token, char)).toBe(expected);
  });
});
