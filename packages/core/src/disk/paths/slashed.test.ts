import { join, sep } from 'node:path';
import { expect, it } from 'vitest';
import { toSlashes } from './slashed.js';

it('a path has slashes on every system, and no other byte of it changes', () => {
  expect(toSlashes(join('a', 'b', 'c'))).toBe('a/b/c');
  expect(toSlashes('')).toBe('');
  // A backslash is part of a name where it does not separate.
  expect(toSlashes('a\\b')).toBe(sep === '\\' ? 'a/b' : 'a\\b');
});
