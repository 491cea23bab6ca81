import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.js';

const parse = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);

describe('a challenge', () => {
  it.each([
    [
      'Bearer realm="https://a.example/token",service="r",scope="repository:a:pull,push"',
      [
        [
          'bearer',
          { realm: 'https://a.example/token', service: 'r', scope: 'repository:a:pull,push' },
        ],
      ],
    ],
    ['Basic realm=x', [['basic', { realm: 'x' }]]],
    ['BASIC', [['basic', {}]]],
    ['Basic Realm="a \\"b\\" \\\\c"', [['basic', { realm: 'a "b" \\c' }]]],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate, Basic realm = "a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    ['Basic realm=""', [['basic', { realm: '' }]]],
    ['', []],
    ['=', []],
  ])('%s is parsed', (header, expected) => {
    expect(parse(header)).toEqual(expected);
  });

  it('may have parameters with names of JavaScript', () => {
    const [challenge] = parseChallenges('Basic __proto__=x,constructor=y');
    expect(Object.entries(challenge?.parameters ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('that is too long is none, and a long one is parsed in linear time', () => {
    expect(parse(`Basic realm="${'a'.repeat(16 * 1024)}"`)).toEqual([]);
    expect(parse(`Basic ${', '.repeat(8000)}`)).toHaveLength(1);
    expect(parse(`Basic realm="${'\\a'.repeat(7000)}`)).toHaveLength(1);
  });
});
