import { describe, expect, it } from 'vitest';
import { readCatalogTree } from './read-entries.js';

const read = (text: string) => {
  const { items } = readCatalogTree(text, 'x.yml');
  return {
    entries: items.flatMap((item) => ('entry' in item ? [item.entry] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
  };
};

describe('a catalog', () => {
  it.each([
    '',
    '# only a comment\n',
    'images:\n',
    'images: []\n',
    'images: ~\n',
    'other: 1\n',
    '~\n',
  ])('may have no entries: %j', (text) => {
    expect(read(text)).toEqual({ entries: [], problems: [] });
  });

  it.each([
    ['7\n', 'x.yml:1:1: the catalog is not a map with images'],
    ['[]\n', 'x.yml:1:1: the catalog is not a map with images'],
    ['\nimages: 7\n', 'x.yml:2:9: images: not a list'],
    ['images: { a: b }\n', 'images: not a list'],
    ['images: [\n', 'x.yml:2:1'],
    ['a: 1\na: 2\n', 'x.yml:2:1: Map keys must be unique'],
  ])('%j is refused', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    expect(() => read(text)).toThrow(message);
  });

  it('gives each entry that cannot be read as a problem, beside the others', () => {
    const text = `images:
  - { name: a, file: a.tar, size: big }
  - { name: b, file: b.tar }
  - { file: c.tar }
  - text
  - { name: d, name: d, file: d.tar }
`;
    const { entries, problems } = read(text);
    expect(entries).toEqual([{ name: 'b', file: 'b.tar' }]);
    expect(problems).toEqual([
      {
        name: 'a',
        file: 'a.tar',
        message: 'x.yml:2:35: size: expected a number of bytes, got "big"',
      },
      { name: 'line 4', file: 'c.tar', message: 'x.yml:4:5: name is missing' },
      { name: 'line 5', file: '', message: 'x.yml:5:5: name is missing' },
      {
        name: 'd',
        file: 'd.tar',
        message: expect.stringContaining('Map keys must be unique') as unknown,
      },
    ]);
  });

  it('has one entry for each archive', () => {
    const { entries, problems } = read(
      'images:\n  - { name: a, file: x.tar }\n  - { name: b, file: ./x.tar }\n  - { name: a, file: y.tar }\n',
    );
    expect(entries.map(({ file }) => file)).toEqual(['x.tar', 'y.tar']);
    expect(problems).toMatchObject([{ name: 'b', file: 'x.tar' }]);
    expect(problems[0]?.message).toContain('an entry already, in line 2');
  });

  it('reads the values of aliases, and does not take an alias as an entry', () => {
    const { entries, problems } = read(
      'images:\n  - &a { name: a, file: &f a.tar }\n  - *a\n  - { name: b, file: b.tar, os: *f }\n',
    );
    expect(entries.map(({ name, os }) => [name, os])).toEqual([
      ['a', undefined],
      ['b', 'a.tar'],
    ]);
    expect(problems[0]?.message).toContain('an alias, not an entry');
  });

  it('with too many aliases is refused as a whole', () => {
    const text = `images:\n  - &a { name: a, file: a.tar }\n${'  - *a\n'.repeat(501)}`;
    expect(() => read(text)).toThrow('more than 500 aliases');
  });
});
