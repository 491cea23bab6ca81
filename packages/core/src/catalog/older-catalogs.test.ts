import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { editCatalog, parseCatalog } from './yaml/edit.js';
import { ENTRY_KEYS } from './yaml/entry-values.js';
import { readCatalog, updateCatalog } from './file.js';
import type { CatalogPlace } from './locate.js';

const read = (text: string) => parseCatalog(text, 'c.yml');
const entryWith = (line: string) => read(`images:\n  - name: a\n    file: a.tar\n    ${line}\n`);

describe('a value in a catalog of older tools', () => {
  const OPTIONAL = ENTRY_KEYS.filter((key) => key !== 'name' && key !== 'file');

  it.each(OPTIONAL.flatMap((key) => ['null', '~', '', '""', "'  '"].map((blank) => [key, blank])))(
    '%s: %s counts as missing',
    (key, blank) => {
      const { entries, problems } = entryWith(`${key}: ${blank}`);
      expect(problems).toEqual([]);
      expect(entries).toEqual([{ name: 'a', file: 'a.tar' }]);
    },
  );

  it.each([
    ['os: 12', { os: '12' }],
    ['docker_tag: 1.10', { docker_tag: '1.10' }],
    ['docker_tag: 0x1f', { docker_tag: '0x1f' }],
    ['docker_tag: true', { docker_tag: 'true' }],
    ['packages: make, git', { packages: ['make', 'git'] }],
    ['packages: [3.10, ~, a]', { packages: ['3.10', 'a'] }],
    ['packages: []', { packages: [] }],
    ['size_mb: "812.5"', { size_mb: 812.5 }],
    ['size: 1024.0', { size: 1024 }],
    ['size: 1.5e3', { size: 1500 }],
    ['size: 99.6', { size: 100 }],
    ["usage_count: '3'", { usage_count: 3 }],
    ['usage_count: 3.0', { usage_count: 3 }],
    ['pinned: yes', { pinned: true }],
    ['pinned: "True"', { pinned: true }],
    ['pinned: 0', { pinned: false }],
    ['created: 2024-01-02', { created: '2024-01-02T00:00:00.000Z' }],
    ['created: 2024-01-02 03:04', { created: '2024-01-02T03:04:00.000Z' }],
    ['created: 2024-01-02T03:04:05.123456', { created: '2024-01-02T03:04:05.123Z' }],
    ['created: 2024-01-02T03:04:05+0200', { created: '2024-01-02T01:04:05.000Z' }],
    ['last_used: 1704164645', { last_used: '2024-01-02T03:04:05.000Z' }],
    ['last_used: 1704164645.5', { last_used: '2024-01-02T03:04:05.500Z' }],
    ['last_used: 1704164645123', { last_used: '2024-01-02T03:04:05.123Z' }],
  ])('%s is %j', (line, expected) => {
    expect(entryWith(line)).toEqual({
      entries: [{ name: 'a', file: 'a.tar', ...expected }],
      problems: [],
    });
  });

  it.each([
    ['images\\app\\x.tar', 'images/app/x.tar'],
    ['C:\\images\\x.tar', 'C:/images/x.tar'],
    ['./app//x.tar', 'app/x.tar'],
    ['/srv/x.tar', '/srv/x.tar'],
  ])('file: %s is %s', (file, expected) => {
    const { entries } = read(`images: [{ name: 7, file: '${file}' }]\n`);
    expect(entries).toEqual([{ name: '7', file: expected }]);
  });

  it.each([
    ['last_used: yesterday', 'c.yml:4:16: last_used: expected a time in ISO 8601, got "yesterday"'],
    ['created: 2024-13-01', 'c.yml:4:14: created: expected a time'],
    ['created: 12', 'c.yml:4:14: created: expected a time'],
    ['usage_count: -1', 'c.yml:4:18: usage_count: expected a whole number, got "-1"'],
    ['usage_count: 2.5', 'expected a whole number'],
    ['size: 1e99', 'expected a number of bytes'],
    ['size_mb: big', 'expected a number'],
    ['pinned: perhaps', 'expected true or false'],
    ['digest: abc', 'expected a digest'],
    ['os: [debian]', 'os: expected a single value'],
    ['compilers: { gcc: 15 }', 'compilers: expected a list of texts'],
    ['tools: [[a]]', 'tools: expected a list of texts'],
    ['name: b', 'c.yml:4:5: Map keys must be unique'],
  ])('%s is a problem of its entry', (line, message) => {
    const { entries, problems } = entryWith(`${line}\n  - { name: b, file: b.tar }`);
    expect(entries).toEqual([{ name: 'b', file: 'b.tar' }]);
    expect(problems).toEqual([
      {
        name: expect.stringMatching(/^[ab]$/) as string,
        file: 'a.tar',
        message: expect.stringContaining(message) as string,
      },
    ]);
  });

  it.each([
    ['{ name: a }', 'a', 'c.yml:2:3: file is missing'],
    ['{ file: a.tar, name: }', 'line 2', 'c.yml:2:3: name is missing'],
    ['just text', 'line 2', 'c.yml:2:3: name is missing'],
    ['{ name: x, file: b.tar }', 'x', '"b.tar" has an entry already, in line 1'],
    ['*b', 'b', 'c.yml:2:3: an alias, not an entry'],
  ])('an entry %j is a problem', (item, name, message) => {
    const { entries, problems } = read(`images: [&b { name: b, file: b.tar },\n  ${item}]\n`);
    expect(problems).toMatchObject([{ name, message: expect.stringContaining(message) as string }]);
    expect(entries).toHaveLength(1);
  });
});

describe('writing a catalog with an entry that cannot be read', () => {
  const BROKEN = `  - name:   broken   # ours
    file:  "b.tar"
    last_used:   yesterday
    last_used: x # twice
    notes: |
      two
        lines
    list: [ 1,2 ]`;
  const FIRST = '  # the good one\n  - name: a\n    file: a.tar\n    usage_count: null\n';

  it('keeps its text and comments, and changes the others', () => {
    const text = `images:\n${FIRST}  # not so good\n${BROKEN}\n  - name: c\n    file: c.tar\n`;
    const edit = {
      upsert: [
        { name: 'a', size: 5 },
        { name: 'd', file: 'd.tar' },
      ],
      defaults: { usage_count: 0 },
      removeFiles: ['c.tar', 'b.tar'],
    };
    const edited = editCatalog(text, 'c.yml', edit);
    expect(edited).toBe(
      `images:\n${FIRST.replace('null', '0')}    size: 5\n  # not so good\n${BROKEN}\n  - name: d\n    file: d.tar\n    usage_count: 0\n`,
    );
    expect(editCatalog(edited, 'c.yml', {})).toBe(edited);
  });

  it.each([
    [
      'a list without indentation',
      'images:\n- name: b\n  file: [x]\n  k: |\n    t\n- name: a\n  file: a.tar\n',
    ],
    [
      'an anchor that others use',
      'images:\n  - &x\n    name: b\n    os: &os [y]\n  - name: a\n    file: a.tar\n    other: *os\n',
    ],
    ['an empty item', 'images:\n  -\n  - name: a\n    file: a.tar\n'],
    ['a text', 'images:\n  - just text\n  - name: a\n    file: a.tar\n'],
  ])('keeps %s', (_what, text) => {
    expect(editCatalog(text, 'c.yml', {})).toBe(text);
    const edited = editCatalog(text, 'c.yml', { upsert: [{ name: 'z', file: 'z.tar' }] });
    expect(edited.startsWith(text)).toBe(true);
    expect(read(edited).problems).toHaveLength(1);
  });

  it('keeps items of a flow list and other indentations', () => {
    const text = 'images: [{ name: b,\n     last_used:  x }, { name: a, file: a.tar }]\n';
    const edited = editCatalog(text, 'c.yml', { upsert: [{ name: 'a', size: 1 }] });
    expect(edited).toContain('  - { name: b,\n');
    expect(edited).toMatch(/last_used: {2}x \}\n/);
    const deep = 'images:\n      - name: b\n        k: |\n          t\n            u\n';
    expect(editCatalog(deep, 'c.yml', {})).toBe(
      'images:\n  - name: b\n    k: |\n      t\n        u\n',
    );
  });

  it('keeps the other entries as they are read, whatever the text is', () => {
    const scalar = fc.constantFrom('a', '1.10', '~', '""', 'yesterday', '-1', '[x, 7]', '{ y: 1 }');
    const item = fc.dictionary(fc.constantFrom(...ENTRY_KEYS, 'notes'), scalar, { maxKeys: 6 });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const lines = items.map((each) => {
          const pairs = Object.entries(each).map(([key, value]) => `${key}: ${value}`);
          return pairs.length === 0 ? '  - {}\n' : `  - ${pairs.join('\n    ')}\n`;
        });
        const text = `images:\n${lines.join('')}`;
        const edited = editCatalog(text, 'c.yml', { upsert: [{ name: 'new', file: 'new.tar' }] });
        const [before, after] = [read(text), read(edited)];
        expect(after.entries).toEqual([...before.entries, { name: 'new', file: 'new.tar' }]);
        expect(after.problems).toHaveLength(before.problems.length);
      }),
    );
  });
});

describe('a workspace with an older catalog', () => {
  const NAME = 'app-debian-12-base';

  async function place(catalog: string): Promise<CatalogPlace> {
    const workspace = await temporaryFolder();
    const folder = join(workspace, 'images');
    await mkdir(join(folder, 'app'), { recursive: true });
    await writeFile(join(folder, 'app', `${NAME}.tar`), '12345');
    const text = catalog.replaceAll('WORKSPACE', workspace);
    await writeFile(join(folder, 'image-registry.yml'), text);
    return { workspace, folder, state: join(workspace, '.stowage') };
  }

  it.each([
    `WORKSPACE/images/app/${NAME}.tar`,
    `images\\app\\${NAME}.tar`,
    `app\\${NAME}.tar`,
    `./app/${NAME}.tar`,
  ])('lists the archive %s once', async (file) => {
    const at = await place(
      `images:\n  - name: ${NAME}\n    file: '${file}'\n    last_used: null\n`,
    );
    const listed = [{ name: NAME, file: `app/${NAME}.tar`, state: 'ok', bytes: 5 }];
    for (const _ of ['new index', 'kept index']) {
      const found = await readCatalog(at);
      expect(found).toHaveLength(1);
      expect(found).toMatchObject(listed);
    }
  });

  it('lists an entry that cannot be read, and neither its archive alone nor a change of it', async () => {
    const broken = `  - name: ${NAME}\n    file: app/${NAME}.tar\n    pinned:  maybe\n`;
    const at = await place(`images:\n${broken}`);
    for (const _ of ['new index', 'kept index'])
      expect(await readCatalog(at)).toEqual([
        {
          name: NAME,
          file: `app/${NAME}.tar`,
          state: 'invalid',
          bytes: 5,
          problem: `${join(at.folder, 'image-registry.yml')}:4:14: pinned: expected true or false, got "maybe"`,
        },
      ]);
    await updateCatalog(at, { upsert: [{ name: 'x-debian-12-y', file: 'y.tar' }] });
    expect(await readFile(join(at.folder, 'image-registry.yml'), 'utf8')).toContain(broken);
  });
});
