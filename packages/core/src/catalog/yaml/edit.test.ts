import fc from 'fast-check';
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

  it('removes the last entry of a list without indentation', () => {
    const text = 'images:\n- name: a\n  file: a.tar\nother: 1\n';
    expect(edit(text, { removeFiles: ['a.tar'] })).toBe('images: []\nother: 1\n');
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

describe('a catalog after an edit is known without parsing its text', () => {
  const LIST = '# ours\n\nimages: # the list\n  # first\n  - name: a # a\n    file: a.tar\n\n';
  const start = fc.constantFrom(
    '',
    '~\n',
    A,
    `${LIST}    # more\n    size: 007\n    os: 1.10\n    packages: x, y\n    usage_count:\n# end\n`,
    `${LIST}  - { name: "b", file: 'b.tar', pinned: yes, other: { x: [1] } }\n`,
    'images:\n- name: a\n  file: a.tar\n  notes: |\n    two\n      lines\n- name: b\n  file: images\\b.tar\nother: 1\n',
    'images: [{ name: a, file: a.tar, created: 1700000000 }, { name: b, file: b.tar }]\n',
    `${A}  - name: twin\n    file: a.tar\n`,
    `${A}    os: &os y\n  - name: b\n    file: b.tar\n    os: *os\n`,
    `${A}  - name: broken\n    file: [b]\n`,
    `---\n${A}...\n`,
  );
  const name = fc.constantFrom('a', 'b', 'c', 'true', '007');
  const text = fc.constantFrom('x', '1.10', 'null', ' a: b #c', 'two\nlines', '"q"', '');
  const change = fc.record(
    {
      name,
      file: fc.constantFrom('a.tar', 'b.tar', 'c.tar', '1e3'),
      os: text,
      packages: fc.array(text, { maxLength: 2 }),
      size: fc.nat(),
      size_mb: fc.constantFrom(0, 1.5, 1e21, 12.345),
      pinned: fc.boolean(),
      created: fc.constant('2026-01-02T00:00:00.000Z'),
    },
    { requiredKeys: ['name', 'file'] },
  );
  const changes = fc.record(
    {
      upsert: fc.array(change, { maxLength: 2 }),
      defaults: fc.constant({ usage_count: 0 }),
      removeFiles: fc.constantFrom<string[]>([], ['a.tar'], ['b.tar', 'c.tar']),
    },
    { requiredKeys: [] },
  );

  it('and reads as that text does, whatever the edits are', () => {
    /** Texts and contents after each edit. */
    const results = (text: string, edits: readonly CatalogEdit[], before: () => void) => {
      let edited = text;
      return edits.map((each) => {
        before();
        edited = edit(edited, each);
        before();
        return { edited, ...parseCatalog(edited, 'x.yml') };
      });
    };
    let forgotten = 0;
    fc.assert(
      fc.property(start, fc.array(changes, { minLength: 1, maxLength: 4 }), (text, edits) => {
        const known = results(text, edits, () => undefined);
        const parsed = results(text, edits, () => {
          for (const path of ['y.yml', 'z.yml']) parseCatalog(`# ${forgotten++}\n`, path);
        });
        expect(known).toEqual(parsed);
      }),
      { numRuns: 300 },
    );
  });
});
