import { expect, it } from 'vitest';
import { Fields } from './fields.js';

const VALUE = { text: 'a', texts: ['a'], none: null, number: 1, object: { number: 2 } };

it('reads fields of the expected type', () => {
  const fields = new Fields(VALUE, 'x');
  expect(fields.string('text')).toBe('a');
  expect(fields.strings('texts')).toEqual(['a']);
  expect(fields.strings('none')).toEqual([]);
  expect(fields.strings('absent')).toEqual([]);
  expect(fields.object('object').integer('number')).toBe(2);
});

it.each<[string, (fields: Fields) => unknown]>([
  ['x number: expected text, got 1', (fields) => fields.string('number')],
  ['x text: expected a list of texts, got "a"', (fields) => fields.strings('text')],
  ['x text: expected an integer, got "a"', (fields) => fields.integer('text')],
  ['x text: expected a digest, got "a"', (fields) => fields.digest('text')],
  ['x absent: expected an object, got nothing', (fields) => fields.object('absent')],
  ['x[1]: expected an object, got 1', () => Fields.listOf([{}, 1], 'x')],
  ['x: expected a list, got {}', () => Fields.listOf({}, 'x')],
])('refuses another type: %s', (message, read) => {
  expect(() => read(new Fields(VALUE, 'x'))).toThrow(
    expect.objectContaining({ code: 'INVALID', message }),
  );
});
