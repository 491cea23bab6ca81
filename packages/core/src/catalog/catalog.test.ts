import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { readArchiveFacts, stageArchiveFacts } from './archive-facts.js';
import { commitArchive, healArchive, readRecord } from './commit.js';
import { editCatalog, parseCatalog } from './yaml/edit.js';
import { readCatalog, recordUse, updateCatalog } from './file.js';
import type { CatalogPlace } from './locate.js';
import { formatRecord, parseRecord, type ImageRecord } from './record.js';
import { parseUses } from './usage.js';

const record = (name: string, more: Partial<ImageRecord> = {}): ImageRecord => ({
  name,
  reference: `docker.io/library/${name}:latest`,
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: ['gcc-15'], packages: [], tools: [] },
  ...more,
});
const NAME = 'app-ubuntu-25.04-gcc15';

async function place(): Promise<CatalogPlace> {
  const workspace = await temporaryFolder();
  return { workspace, folder: join(workspace, 'images'), state: join(workspace, '.stowage') };
}

describe("the catalog's text", () => {
  it('keeps comments, order and other keys', () => {
    const text =
      '# ours\nimages:\n  # the good one\n  - name: b\n    file: b.tar\n    owner: team # who\n  - name: a\n    file: a.tar\n';
    const edited = editCatalog(text, 'x', {
      upsert: [
        { name: 'b', usage_count: 3 },
        { name: 'c', file: 'c.tar' },
      ],
      defaults: { usage_count: 0 },
    });
    expect(edited).toContain(
      '# the good one\n  - name: b\n    file: b.tar\n    owner: team # who\n    usage_count: 3',
    );
    expect(
      parseCatalog(edited, 'x').entries.map(({ name, usage_count }) => [name, usage_count]),
    ).toEqual([
      ['b', 3],
      ['a', undefined],
      ['c', 0],
    ]);
    expect(
      parseCatalog(editCatalog(edited, 'x', { removeFiles: ['b.tar'] }), 'x').entries.map(
        ({ name }) => name,
      ),
    ).toEqual(['a', 'c']);
  });

  it.each([
    '# ours\n',
    '# ours\nnull\n',
    '# ours\n&anchor\n',
    '# ours\n!!null\n',
    'images:\n',
    '~\n',
    '""\n',
  ])('of no entry, %j, gets its first one', (text) => {
    const edited = editCatalog(text, 'x', { upsert: [{ name: 'a', file: 'a.tar' }] });
    expect(edited.includes('# ours')).toBe(text.includes('# ours'));
    expect(parseCatalog(edited, 'x').entries).toMatchObject([{ name: 'a', file: 'a.tar' }]);
  });

  it('reads catalogs of older tools', () => {
    const text =
      'images:\n- {name: x, file: x.tar, docker_tag: "x:1", os: "ubuntu:25.04", architecture: x64, packages: [a], compilers: [], tools: null, variants: [], size_mb: 1.5, created: "2024-01-01", last_used: "2024-02-01T00:00:00", usage_count: 2}\n';
    expect(parseCatalog(text, 'x').entries).toMatchObject([{ name: 'x', usage_count: 2 }]);
  });

  it.each(['images: 7\n', '[]\n', 'images: [\n', 'images: []\nimages: []\n'])(
    'refuses %j and reports line and column',
    (text) => {
      expect(() => parseCatalog(text, 'images/image-registry.yml')).toThrow(
        /image-registry\.yml:\d+:\d+: /,
      );
    },
  );

  it('refuses to edit what YAML cannot write again', () => {
    const text = 'images: []\nother: &a\u00a0b c\n';
    expect(parseCatalog(text, 'x').entries).toEqual([]);
    expect(() => editCatalog(text, 'x', {})).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });
});

describe('a record', () => {
  it('is parsed as it was formatted, and refused when it is truncated', () => {
    const bytes = formatRecord(record(NAME));
    expect(parseRecord(bytes, 'x')).toEqual(record(NAME));
    expect(() => parseRecord(bytes.subarray(0, 50), 'x')).toThrow(
      expect.objectContaining({ code: 'CORRUPT' }) as Error,
    );
  });
});

describe('the catalog', () => {
  it('lists an archive that has a record but no entry', async () => {
    const at = await place();
    await mkdir(join(at.folder, 'app'), { recursive: true });
    await writeFile(join(at.folder, 'app', `${NAME}.tar`), '12345');
    await writeFile(join(at.folder, 'app', `${NAME}.image.json`), formatRecord(record(NAME)));
    expect(await readCatalog(at)).toMatchObject([
      { name: NAME, state: 'ok', compilers: ['gcc-15'] },
    ]);
  });

  it('reports archives that are missing, changed, orphaned or misnamed', async () => {
    const at = await place();
    await mkdir(join(at.folder, 'app'), { recursive: true });
    await updateCatalog(at, {
      upsert: [
        { name: 'gone-ubuntu-1-x', file: 'app/gone-ubuntu-1-x.tar' },
        { name: 'Bad', file: 'app/Bad.tar' },
      ],
    });
    for (const name of ['Bad', 'orphan', NAME])
      await writeFile(join(at.folder, 'app', `${name}.tar`), 'other size');
    // A record of an older version: the facts of the archive are in it.
    const older = JSON.stringify({ ...record(NAME), size: 5, sha256: '2'.repeat(64) });
    await writeFile(join(at.folder, 'app', `${NAME}.image.json`), older);
    const states = Object.fromEntries(
      (await readCatalog(at)).map(({ name, state }) => [name, state]),
    );
    expect(states).toEqual({
      'gone-ubuntu-1-x': 'missing',
      Bad: 'misnamed',
      orphan: 'orphan',
      [NAME]: 'changed',
    });
  });

  it('adds uses from the journal, and keeps the counts when they are folded in', async () => {
    const at = await place();
    await updateCatalog(at, { upsert: [{ name: NAME, file: 'x.tar' }] });
    await recordUse(at, NAME, new Date('2026-01-02'));
    await recordUse(at, NAME, new Date('2026-01-01'));
    const text = await readFile(join(at.folder, 'image-registry.yml'), 'utf8');
    expect(text).not.toContain('usage_count');
    const used = { usage_count: 2, last_used: '2026-01-02T00:00:00.000Z' };
    expect(await readCatalog(at)).toMatchObject([used]);
    await updateCatalog(at, {});
    expect(await readCatalog(at)).toMatchObject([used]);
    expect(await readFile(join(at.folder, 'image-registry.yml'), 'utf8')).toContain(
      'usage_count: 2',
    );
  });

  it('keeps several archives of one name apart, and counts a use for each', async () => {
    const at = await place();
    await mkdir(join(at.folder, 'app'), { recursive: true });
    const text = `images:\n  - { name: ${NAME}, file: images/app/${NAME}.tar, usage_count: 5 }\n  - { name: ${NAME}, file: app/old.tar, usage_count: 1 }\n`;
    await writeFile(join(at.folder, 'image-registry.yml'), text);
    for (const file of [`${NAME}.tar`, 'old.tar'])
      await writeFile(join(at.folder, 'app', file), '12345');
    await recordUse(at, NAME, new Date('2026-01-02'));
    const counts = async () =>
      (await readCatalog(at)).map(({ file, usage_count }) => [file, usage_count]);
    const expected = [
      [`app/${NAME}.tar`, 6],
      ['app/old.tar', 2],
    ];
    expect(await counts()).toEqual(expected);
    await updateCatalog(at, { upsert: [{ name: NAME, file: `app/${NAME}.tar`, size: 5 }] });
    expect(await counts()).toEqual(expected);
    await updateCatalog(at, { removeFiles: [`app/${NAME}.tar`] });
    await rm(join(at.folder, 'app', `${NAME}.tar`));
    expect(await counts()).toEqual([['app/old.tar', 2]]);
  });

  it('keeps the uses of an image that has no entry yet', async () => {
    const at = await place();
    await mkdir(join(at.folder, 'app'), { recursive: true });
    await writeFile(join(at.folder, 'app', `${NAME}.tar`), '12345');
    await writeFile(join(at.folder, 'app', `${NAME}.image.json`), formatRecord(record(NAME)));
    await recordUse(at, NAME, new Date('2026-01-01'));
    await recordUse(at, NAME, new Date('2026-01-02'));
    await updateCatalog(at, { upsert: [{ name: 'other-ubuntu-1-x', file: 'x.tar' }] });
    expect((await readCatalog(at)).find(({ name }) => name === NAME)).toMatchObject({
      usage_count: 2,
    });
    await updateCatalog(at, { upsert: [{ name: NAME, file: `app/${NAME}.tar` }] });
    await updateCatalog(at, {});
    expect((await readCatalog(at)).find(({ name }) => name === NAME)).toMatchObject({
      usage_count: 2,
      last_used: '2026-01-02T00:00:00.000Z',
    });
  });

  it('loses none of 20 concurrent updates', async () => {
    const at = await place();
    const names = Array.from({ length: 20 }, (_, n) => `app-ubuntu-1-v${n}`);
    await Promise.all(
      names.map((name) => updateCatalog(at, { upsert: [{ name, file: `${name}.tar` }] })),
    );
    expect((await readCatalog(at)).map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it('sees a manual edit, even if the derived index is outdated or damaged', async () => {
    const at = await place();
    await updateCatalog(at, { upsert: [{ name: 'a', file: 'a.tar' }] });
    await readCatalog(at);
    await writeFile(join(at.folder, 'image-registry.yml'), 'images: [{name: bb, file: a.tar}]\n');
    expect(await readCatalog(at)).toMatchObject([{ name: 'bb' }]);
    await writeFile(join(at.state, 'catalog.json'), 'damaged');
    expect(await readCatalog(at)).toMatchObject([{ name: 'bb' }]);
  });

  it('ignores a truncated last line of the journal', () => {
    expect([
      ...parseUses('{"name":"a","at":"2026-01-01T00:00:00.000Z"}\n{"name":"a","a').entries(),
    ]).toEqual([['a', { usage_count: 1, last_used: '2026-01-01T00:00:00.000Z' }]]);
  });
});

describe('an archive and its record', () => {
  async function* content(text: string): AsyncIterable<Uint8Array> {
    yield Buffer.from(text);
  }
  const toRecord = () => record(NAME);

  async function archive() {
    const { folder, ...others } = await place();
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${NAME}.tar`);
    return { path, archive: { place: { folder, ...others }, path } };
  }

  it('are written together, and facts about the file apart from the record', async () => {
    const { path, archive: own } = await archive();
    const written = await commitArchive(own, content('12345'), toRecord);
    expect(written).toEqual({ record: record(NAME), size: 5 });
    expect(await readRecord(path)).toEqual(written.record);
    const { digest } = written.record;
    const sha256 = createHash('sha256').update('12345').digest('hex');
    expect(readArchiveFacts(own, undefined)).toEqual({ digest, size: 5, sha256 });
  });

  it('stay unchanged when the content fails', async () => {
    const { path, archive: own } = await archive();
    await commitArchive(own, content('old'), toRecord);
    async function* failing(): AsyncIterable<Uint8Array> {
      yield Buffer.from('new');
      throw new Error('cut');
    }
    await expect(commitArchive(own, failing(), toRecord)).rejects.toThrow('cut');
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('are rolled forward if only the rename of the record was missing, and rolled back otherwise', async () => {
    const { path, archive: own } = await archive();
    const partial = path.replace('.tar', '.image.json.partial');
    await commitArchive(own, content('old'), toRecord);
    const next = record(NAME, { digest: `sha256:${'3'.repeat(64)}` });
    const sha256 = createHash('sha256').update('new one').digest('hex');
    const left = JSON.stringify({ ...next, size: 7, sha256 });
    await writeFile(partial, left);
    await writeFile(`${path}.partial`, 'new');
    await healArchive(own);
    expect(await readRecord(path)).toEqual(record(NAME));
    await writeFile(partial, left);
    await writeFile(path, 'new one');
    await healArchive(own);
    // Written by an older version, which kept size and sha256 in the record.
    expect(await readRecord(path)).toEqual({ ...next, size: 7, sha256 });
  });

  it('are rolled forward with the facts that are staged', async () => {
    const { path, archive: own } = await archive();
    await commitArchive(own, content('old'), toRecord);
    const next = record(NAME, { digest: `sha256:${'3'.repeat(64)}` });
    const facts = {
      digest: next.digest,
      size: 7,
      sha256: createHash('sha256').update('new one').digest('hex'),
    };
    await stageArchiveFacts(own, facts);
    await writeFile(path.replace('.tar', '.image.json.partial'), formatRecord(next));
    await writeFile(path, 'new one');
    await healArchive(own);
    expect(await readRecord(path)).toEqual(next);
    expect(readArchiveFacts(own, undefined)).toEqual(facts);
  });

  it('get the record back after an interrupted deletion', async () => {
    const { path, archive: own } = await archive();
    await commitArchive(own, content('old'), toRecord);
    await rename(path.replace('.tar', '.image.json'), path.replace('.tar', '.image.json.partial'));
    await healArchive(own);
    expect(await readRecord(path)).toEqual(record(NAME));
  });
});
