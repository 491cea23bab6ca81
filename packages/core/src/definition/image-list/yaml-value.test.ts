import { describe, expect, it } from 'vitest';
import { ListContent } from './list-content.js';
import { listField, mapField, readDocuments, textField, type MapValue } from './yaml-value.js';

function read(text: string) {
  const content = new ListContent('x');
  const values = readDocuments(text, content);
  return { content, values };
}

/** The only document, which is a map. */
function mapOf(text: string): MapValue {
  const { values, content } = read(text);
  content.requireValid();
  const [value] = values;
  if (value?.kind !== 'map') throw new Error('expected a map');
  return value;
}

describe('a value of YAML', () => {
  it.each([
    ['1.10', '1.10'],
    ['"1.10"', '1.10'],
    ['0x10', '0x10'],
    ['true', 'true'],
    ['~', undefined],
    ['', undefined],
    ['[a]', undefined],
  ])('%s is the text %s', (text, expected) => {
    expect(textField(mapOf(`a: ${text}\n`), 'a')).toBe(expected);
  });

  it('has the line where it is', () => {
    const map = mapOf('a: 1\nb:\n  - x\n  - y\n');
    expect(map.fields.get('b')).toMatchObject({ line: 3 });
    expect(listField(map, 'b').map(({ line }) => line)).toEqual([3, 4]);
  });

  it('of another kind is no field', () => {
    const map = mapOf('a: 1\nb: { c: 1 }\n');
    expect([mapField(map, 'a'), listField(map, 'b'), textField(map, 'b')]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    expect(mapField(map, 'b')?.fields.size).toBe(1);
  });

  it('has merged fields, of which its own and earlier ones win', () => {
    const map = mapOf('x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz:\n  <<: [*x, *y]\n  a: 0\n');
    const z = mapField(map, 'z');
    expect(z && ['a', 'b', 'c'].map((key) => textField(z, key))).toEqual(['0', '1', '2']);
  });

  it('may contain itself', () => {
    const map = mapOf('a: &a\n  self: *a\n');
    const a = mapField(map, 'a');
    expect(a && mapField(a, 'self')).toBe(a);
  });

  it('of each document is read, also of an empty one; an empty text has none', () => {
    expect(read('a: 1\n---\n---\n- b\n').values.map(({ kind }) => kind)).toEqual([
      'map',
      'text',
      'list',
    ]);
    expect(read('').values).toEqual([]);
  });
});

describe('a problem of YAML', () => {
  it.each([
    ['a: [\n', /^x:\d+: /],
    ['a: 1\na: 2\n', /^x:2: Map keys must be unique/],
    ['a: *none\n', /alias \*none has no anchor/],
    ['image: {{ .Values.image }}\n', /a template with {{ … }}/],
    ['{{- if x }}\na: 1\n{{- end }}\n', /a template with {{ … }}/],
  ])('in %j is one of the content', (text, message) => {
    const { content } = read(text);
    expect(() => content.requireValid()).toThrow(message);
  });
});
