import { expect, it } from 'vitest';
import { objectIn, objectsIn } from './json.js';

it('reads objects of an untrusted document', () => {
  expect(objectIn({ a: { b: 1 } }, 'a', 'x')).toEqual({ b: 1 });
  expect(objectsIn({ list: [{ a: 1 }] }, 'list', 'x')).toEqual([{ a: 1 }]);
});

it.each<[string, () => unknown]>([
  ['x a: expected a list of objects, got an array', () => objectsIn({ a: [1] }, 'a', 'x')],
  ['x a: expected an object, got null', () => objectIn({ a: null }, 'a', 'x')],
  ['x a: expected a list of objects, got nothing', () => objectsIn({}, 'a', 'x')],
])('refuses another type: %s', (message, read) => {
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID', message }));
});
