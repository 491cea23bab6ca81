import { describe, expect, it } from 'vitest';
import { isObject, isSize, objectIn, objectsIn, parseJson, parseJsonObject } from './json.js';
import { DEFAULT_LIMITS } from './limits.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

describe('untrusted JSON', () => {
  it.each([
    ['too large', Buffer.alloc(4 * 1024 * 1024 + 1, 0x20), 'TOO_LARGE'],
    ['nested too deep', Buffer.from('['.repeat(100_000)), 'TOO_LARGE'],
    ['not JSON', Buffer.from('{'), 'INVALID'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'INVALID'],
    ['empty', Buffer.alloc(0), 'INVALID'],
  ])('is refused when %s', (_what, bytes, expected) => {
    expect(() => parseJson(bytes, 'x')).toThrow(code(expected));
  });

  it('may contain any number of brackets inside strings', () => {
    expect(parseJson(json({ a: '['.repeat(1000), b: '\\"[[' }), 'x')).toBeDefined();
  });

  it('may be exactly as large and as deep as the limits', () => {
    const limits = { ...DEFAULT_LIMITS, manifestBytes: 12, jsonDepth: 3 };
    expect(parseJson(Buffer.from('[{"a": [1]}]'), 'x', limits)).toEqual([{ a: [1] }]);
    expect(() => parseJson(Buffer.from('[{"a": [1]} ]'), 'x', limits)).toThrow(code('TOO_LARGE'));
    expect(() => parseJson(Buffer.from('[[[[1]]]]'), 'x', limits)).toThrow(code('TOO_LARGE'));
  });

  it('is nested as deep as its deepest level, not as it has brackets', () => {
    const limits = { ...DEFAULT_LIMITS, jsonDepth: 2 };
    expect(parseJson(json(Array(100).fill([])), 'x', limits)).toHaveLength(100);
  });

  it.each([
    ['a list', '[]', 'an array'],
    ['null', 'null', 'null'],
    ['a number', '7', 'a number'],
    ['text', '"x"', 'a string'],
  ])('is no object when it is %s', (_what, text, got) => {
    expect(() => parseJsonObject(Buffer.from(text), 'the index')).toThrow(
      `the index: expected a JSON object, got ${got}`,
    );
  });
});

describe('a field of an untrusted document', () => {
  it('is an object, or a list of objects', () => {
    const document = { one: { a: 1 }, many: [{ a: 1 }, {}] };
    expect(objectIn(document, 'one', 'x')).toBe(document.one);
    expect(objectsIn(document, 'many', 'x')).toBe(document.many);
    expect(objectsIn({ none: [] }, 'none', 'x')).toEqual([]);
  });

  it.each([[undefined], [null], [[]], ['x']])('that is %j is no object', (value) => {
    expect(() => objectIn({ a: value }, 'a', 'x')).toThrow(code('INVALID'));
  });

  it.each([[undefined], [null], [{}], [[1]], [[{}, null]]])(
    'that is %j is no list of objects',
    (value) => {
      expect(() => objectsIn({ a: value }, 'a', 'x')).toThrow(code('INVALID'));
    },
  );

  it('is a size when it is a safe integer of at least 0', () => {
    expect([0, 1, Number.MAX_SAFE_INTEGER].map(isSize)).toEqual([true, true, true]);
    expect([-1, 0.5, NaN, Infinity, 2 ** 53, '1', null].some(isSize)).toBe(false);
    expect([{}, Object.create(null)].every(isObject)).toBe(true);
    expect([null, [], 'x', undefined].some(isObject)).toBe(false);
  });
});

it.each<[string, () => unknown]>([
  ['x a: expected a list of objects, got an array', () => objectsIn({ a: [1] }, 'a', 'x')],
  ['x a: expected an object, got null', () => objectIn({ a: null }, 'a', 'x')],
  ['x a: expected a list of objects, got nothing', () => objectsIn({}, 'a', 'x')],
])('refuses another type: %s', (message, read) => {
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID', message }));
});
