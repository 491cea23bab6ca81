import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inside } from './inside.js';

const root = resolve('/srv/registry');

describe('inside', () => {
  it.each([
    [['a'], 'a'],
    [['a', 'b/c'], 'a/b/c'],
    [['a/../b'], 'b'],
    [['..a'], '..a'],
    [['.'], '.'],
  ])('joins %j', (segments, expected) => {
    expect(inside(root, ...segments)).toBe(join(root, expected));
  });

  it.each([
    [['..']],
    [['../x']],
    [['a', '../../x']],
    [['a/../../b']],
    [['/etc/passwd']],
    [['a\0b']],
  ])('refuses %j', (segments) => {
    expect(() => inside(root, ...segments)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});
