import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIgnoreRules, type IgnoreState } from './ignore-rules.js';

function stateAt(text: string, path: string, platform: NodeJS.Platform = 'linux'): IgnoreState {
  return path
    .split('/')
    .reduce((state, name) => state.enter(name), parseIgnoreRules(text, platform).root);
}

describe('.dockerignore', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'a/b/c', true],
    ['a', 'b/a', false],
    ['a', 'ab', false],
    ['/a/', 'a/b', true],
    ['./a//b/../c', 'a/c/x', true],
    ['../a', 'a', false],
    ['# a', 'a', false],
    ['\n \n', 'a', false],
    ['\uFEFFa', 'a', true],
    ['a\r', 'a', true],
    ['*.log', 'x.log', true],
    ['*.log', 'd/x.log', false],
    ['*/x', 'd/x', true],
    ['a*c', 'abbc', true],
    ['a*c', 'ab/c', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'a😀c', true],
    ['**', 'a/b', true],
    ['**/x', 'x', true],
    ['**/x', 'a/b/x/y', true],
    ['**/x', 'a/bx', false],
    ['**/*.log', 'a/b.log', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b', true],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/x/y/c', true],
    ['a/**/c', 'a/xc', false],
    ['a**b', 'ab', true],
    ['a**b', 'ax/b', true],
    ['a**b', 'axb', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[^a-c]x', '/x', false],
    ['[]a]x', ']x', true],
    ['[\\]]x', ']x', true],
    ['\\*x', '*x', true],
    ['\\*x', 'ax', false],
    ['a\\', 'a\\', true],
    ['c++', 'c++/y.h', true],
    ['c++', 'cc', false],
    ['**/c++', 'a/c++/y', true],
    ['app/(marketing)', 'app/(marketing)/p.tsx', true],
    ['app/(marketing)', 'app/marketing', false],
    ['app/(marketing', 'app/(marketing)/p.tsx', false],
    ['a|b', 'a|b/z', true],
    ['a|b', 'a', false],
    ['caret^', 'caret^/z', true],
    ['sub/s+.py', 'sub/s.py', false],
    ['a.b$', 'a.b$', true],
    ['{a,b}', 'a', false],
    ['a\n!a/b', 'a/b', false],
    ['a\n!a/b', 'a/c', true],
    ['a\n! a/b \na/b/c', 'a/b/c', true],
    ['!', 'a', false],
    ['!a', 'a', false],
    ['*\n!**/keep', 'd/keep/x', false],
  ])('pattern %j, path %j: ignored %j', (text, path, expected) => {
    expect(stateAt(text, path).isIgnored).toBe(expected);
  });

  it('treats a backslash as a separator on Windows', () => {
    expect(stateAt('a\\*.log', 'a/x.log', 'win32').isIgnored).toBe(true);
  });

  it.each(['[a', '[', 'a[^', '[a-'])('refuses %j', (text) => {
    expect(() => parseIgnoreRules(text, 'linux')).toThrow(
      expect.objectContaining({ code: 'INVALID' }),
    );
  });

  it('tells whether there are exceptions', () => {
    expect(parseIgnoreRules('a\n# !b').hasExceptions).toBe(false);
    expect(parseIgnoreRules('a\n !b').hasExceptions).toBe(true);
  });

  it('compares no more than twice the length of its patterns for each character', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', '**/', '/', '?', '[ab]', '[^a]', '\\*');
    const pattern = fc.array(part, { minLength: 1, maxLength: 30 }).map((parts) => parts.join(''));
    const name = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 5 });
    const path = fc.array(
      name.map((chars) => chars.join('')),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, names) => {
        const rules = parseIgnoreRules(patterns.join('\n'), 'linux');
        names.reduce((state, each) => state.enter(each), rules.root);
        const length = patterns.join('').length + patterns.length;
        expect(rules.steps()).toBeLessThanOrEqual(2 * length * names.join('/').length);
      }),
    );
  });

  it('has a linear time bound for repeated wildcards on a deep path', () => {
    const rules = parseIgnoreRules(`${'**/'.repeat(8)}x\n${'*a'.repeat(40)}b`, 'linux');
    const names = Array.from({ length: 40 }, () => 'a'.repeat(200));
    names.reduce((state, each) => state.enter(each), rules.root);
    expect(rules.steps()).toBeLessThan(2 * 110 * 8040);
  });
});
