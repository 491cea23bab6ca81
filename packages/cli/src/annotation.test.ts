import { expect, it } from 'vitest';
import { parseAnnotation } from './annotation.js';

it('annotations are collected, and each has a key and a value', () => {
  expect(parseAnnotation('b=c=d', parseAnnotation('a='))).toEqual({ a: '', b: 'c=d' });
  for (const text of ['a', '=b', '']) expect(() => parseAnnotation(text)).toThrow('KEY=VALUE');
});
