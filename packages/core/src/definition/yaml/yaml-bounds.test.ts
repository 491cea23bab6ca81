import { describe, expect, it } from 'vitest';
import { yaml } from '../libraries.js';
import { problemsIn, reasonNotToParse, YAML_LIMIT } from './yaml-bounds.js';

describe('a text', () => {
  it.each([
    ['of exactly the limit', 'a'.repeat(20), undefined],
    ['of more', 'a'.repeat(21), '21 characters, more than the limit of 20'],
    ['with tabs and line ends', 'a:\t1\r\nb: 2\n', undefined],
    ['with a control character', 'a: 1\nb: \u0007', 'the control character U+0007 in line 2'],
    ['with NUL', '\u0000', 'the control character U+0000 in line 1'],
  ])('%s is parsed or not: %j', (_what, text, reason) => {
    const found = reasonNotToParse(text, 20);
    if (reason === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(reason);
  });

  const levels = (open: string, close: string) => (count: number) =>
    `${open.repeat(count)}x${close.repeat(count)}`;
  it.each([
    ['brackets', levels('[', ']')],
    ['braces', levels('{a: ', '}')],
    ['lists on one line', levels('- ', '')],
    ['keys on one line', levels('? ', '')],
    [
      'indentation',
      (count: number) => Array.from({ length: count }, (_, at) => `${' '.repeat(at)}a:\n`).join(''),
    ],
  ])('nested in %s is refused above 400 levels', (_what, nested) => {
    expect(reasonNotToParse(nested(90), YAML_LIMIT)).toBeUndefined();
    expect(reasonNotToParse(nested(500), YAML_LIMIT)).toBe('nested deeper than 400 levels');
  });

  it('of many short lists is not deep', () => {
    expect(reasonNotToParse('- [a]\n'.repeat(1000), YAML_LIMIT)).toBeUndefined();
    expect(reasonNotToParse(`a: "${'['.repeat(200)}"`, YAML_LIMIT)).toBeUndefined();
  });

  it('with many blanks in a row is refused', () => {
    expect(reasonNotToParse(`a:${' '.repeat(1000)}1`, YAML_LIMIT)).toBeUndefined();
    expect(reasonNotToParse(`a:${' \t'.repeat(501)}1`, YAML_LIMIT)).toContain('1000 blanks');
  });
});

describe('a document', () => {
  const problemsOf = (text: string) =>
    problemsIn(yaml().parseDocument(text, { uniqueKeys: false })).map(
      ({ offset, message, isLimit }) => [offset, message, isLimit],
    );

  it('has no key twice in a map, and may have it in several', () => {
    expect(problemsOf('a: 1\nb: { a: 1 }\n')).toEqual([]);
    expect(problemsOf('a: 1\n"a": 2\n')).toEqual([[5, 'Map keys must be unique', undefined]]);
    expect(problemsOf('- {a: 1, a: 2}\n- {b: 1, b: 2}\n')).toHaveLength(2);
  });

  it('may have several merge keys', () => {
    expect(problemsOf('x: &x {}\ny:\n  <<: *x\n  <<: *x\n')).toEqual([]);
  });

  it('has at most 500 aliases', () => {
    const aliases = (count: number) => `a: &a 1\nb: [${'*a, '.repeat(count)}]\n`;
    expect(problemsOf(aliases(500))).toEqual([]);
    const [problem, ...more] = problemsOf(aliases(600));
    expect(problem?.slice(1)).toEqual(['more than 500 aliases', true]);
    expect(more).toEqual([]);
  });
});
