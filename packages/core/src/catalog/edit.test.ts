import { describe, expect, it } from 'vitest';
import { editCatalog, openCatalog, parseCatalog, type CatalogEdit } from './edit.js';

const edit = (text: string, change: CatalogEdit) => editCatalog(text, 'x.yml', change);
const entriesAfter = (text: string, change: CatalogEdit) =>
  parseCatalog(edit(text, change), 'x.yml').entries;
const A = 'images:\n  - name: a\n    file: a.tar\n';

describe('an edit of a catalog', () => {
  it('begins one with a comment about it', () => {
    const text = edit('', { upsert: [{ name: 'a', file: 'a.tar' }] });
    expect(text).toMatch(/^# The index of image archives/);
    expect(entriesAfter(text, {})).toEqual([{ name: 'a', file: 'a.tar' }]);
  });

  it.each(['~\n', 'images:\n', 'images: []\n', '# mine\nother: 1\n', '&x null\n'])(
    'adds the first entry to %j',
    (text) => {
      const edited = edit(text, { upsert: [{ name: 'a', file: 'a.tar' }] });
      expect(parseCatalog(edited, 'x').entries).toEqual([{ name: 'a', file: 'a.tar' }]);
      if (text.includes('mine')) expect(edited).toMatch(/^# mine\nother: 1\n/);
    },
  );

  it('makes several, each on the result of the one before', () => {
    const edited = openCatalog(A, 'x.yml').edit(
      { upsert: [{ name: 'b', file: 'b.tar' }], defaults: { usage_count: 0 } },
      {
        upsert: [
          { name: 'b', file: 'b.tar', pinned: true },
          { name: 'c', file: 'c.tar' },
        ],
      },
      { removeFiles: ['a.tar', 'c.tar'] },
    );
    expect(parseCatalog(edited, 'x').entries).toEqual([
      { name: 'b', file: 'b.tar', usage_count: 0, pinned: true },
    ]);
  });

  it('changes the given keys, and sets defaults only where there is no value', () => {
    const text = `${A}    usage_count: 3\n    created:\n`;
    const defaults = { usage_count: 0, created: '2026-01-02T00:00:00.000Z' };
    expect(entriesAfter(text, { upsert: [{ name: 'a', pinned: true }], defaults })).toEqual([
      { name: 'a', file: 'a.tar', usage_count: 3, pinned: true, created: defaults.created },
    ]);
  });

  it('of a name and a file is of the entry that has both', () => {
    const text = `${A}  - name: a\n    file: images/b.tar\n`;
    expect(entriesAfter(text, { upsert: [{ name: 'a', file: 'b.tar', size: 7 }] })).toEqual([
      { name: 'a', file: 'a.tar' },
      { name: 'a', file: 'b.tar', size: 7 },
    ]);
    expect(entriesAfter(text, { upsert: [{ name: 'a', file: 'c.tar' }] })).toHaveLength(3);
  });

  it('removes the entries of files, also of those written relative to the workspace', () => {
    const text = `${A}  - name: b\n    file: images/b.tar\n  - name: c\n    file: xb.tar\n`;
    expect(
      entriesAfter(text, { removeFiles: ['b.tar', 'none.tar'] }).map(({ name }) => name),
    ).toEqual(['a', 'c']);
  });

  it('without a change keeps the values', () => {
    expect(parseCatalog(edit(A, {}), 'x')).toEqual(parseCatalog(A, 'x'));
    expect(edit(edit(A, {}), {})).toBe(edit(A, {}));
  });

  it('writes lists on one line, and long lines whole', () => {
    const packages = Array.from({ length: 50 }, (_, at) => `package-${at}`);
    const text = edit(A, { upsert: [{ name: 'a', packages }] });
    expect(text).toContain(`packages: [ ${packages.join(', ')} ]`);
  });

  it('of what is no catalog is refused', () => {
    expect(() => edit('7\n', {})).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });
});
