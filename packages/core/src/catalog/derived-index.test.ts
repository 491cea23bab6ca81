import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { keepIndex, readIndex } from './derived-index.js';

const TEXT = 'images:\n  - { name: a, file: a.tar }\n';

async function paths(text: string | undefined = TEXT) {
  const folder = await temporaryFolder();
  const catalog = join(folder, 'image-registry.yml');
  await writeFile(catalog, text);
  await utimes(catalog, 4000, 4000);
  return { catalog, index: join(folder, 'state/catalog.json') };
}

const JUDGED = { lagging: ['a.tar'], misnamed: ['a'] };
const inventory = (isNew: boolean) => ({
  seen: new Map([['a.image.json', [1, 2, 3, 'a:1', false] as const]]),
  isNew,
  archives: new Map<string, number>(),
  elsewhere: new Set<string>(),
  records: new Map<string, never>(),
  isShared: false,
});

describe('the derived index', () => {
  it('is made of the catalog, kept, and read again with its judgements', async () => {
    const { catalog, index } = await paths();
    const made = await readIndex(catalog, index);
    expect(made).toMatchObject({
      kept: false,
      entries: [{ name: 'a' }],
      seen: new Map(),
      lagging: [],
    });
    await keepIndex(index, made, inventory(true), () => JUDGED);
    expect(await readIndex(catalog, index)).toMatchObject({
      ...JUDGED,
      kept: true,
      entries: [{ name: 'a', file: 'a.tar' }],
      seen: new Map([['a.image.json', [1, 2, 3, 'a:1', false]]]),
    });
  });

  it('of nothing is not written, so that a look into a folder leaves nothing there', async () => {
    const { catalog, index } = await paths('');
    const nothing = { ...inventory(true), seen: new Map() };
    await keepIndex(index, await readIndex(catalog, index), nothing, () => JUDGED);
    await expect(stat(dirname(index))).rejects.toThrow('ENOENT');
  });

  it('is not written again while nothing changed', async () => {
    const { catalog, index } = await paths();
    await keepIndex(index, await readIndex(catalog, index), inventory(true), () => JUDGED);
    const { ino } = await stat(index);
    const kept = await readIndex(catalog, index);
    await keepIndex(index, kept, inventory(false), () => expect.unreachable());
    expect((await stat(index)).ino).toBe(ino);
    await keepIndex(index, kept, inventory(true), () => JUDGED);
    expect((await stat(index)).ino).not.toBe(ino);
  });

  it('of a catalog with another time and the same text is not parsed again, nor judged', async () => {
    const { catalog, index } = await paths();
    await keepIndex(index, await readIndex(catalog, index), inventory(true), () => JUDGED);
    const stored = JSON.parse(await readFile(index, 'utf8')) as { entries: object[] };
    // A mark, to tell the stored entries from parsed ones.
    await writeFile(
      index,
      JSON.stringify({ ...stored, entries: [{ name: 'stored', file: 'a.tar' }] }),
    );
    await utimes(catalog, 5000, 5000);
    expect(await readIndex(catalog, index)).toMatchObject({
      kept: false,
      entries: [{ name: 'stored' }],
      lagging: [],
      seen: new Map([['a.image.json', [1, 2, 3, 'a:1', false]]]),
    });
    await writeFile(catalog, 'images: []\n');
    expect(await readIndex(catalog, index)).toMatchObject({ kept: false, entries: [] });
  });

  it('of no catalog is empty; one that is no YAML is refused', async () => {
    const { catalog, index } = await paths('images: [');
    await expect(readIndex(catalog, index)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readIndex(join(catalog, '../none.yml'), index)).toMatchObject({ entries: [] });
  });

  it('is not trusted when the catalog changed shortly before: another text may have the same size and time', async () => {
    const { catalog, index } = await paths();
    const now = new Date();
    await utimes(catalog, now, now);
    await keepIndex(index, await readIndex(catalog, index), inventory(true), () => JUDGED);
    await writeFile(catalog, TEXT.replace('name: a', 'name: b'));
    await utimes(catalog, now, now);
    expect(await readIndex(catalog, index)).toMatchObject({
      kept: false,
      entries: [{ name: 'b' }],
    });
  });

  it('of another version is made anew', async () => {
    const { catalog, index } = await paths();
    await keepIndex(index, await readIndex(catalog, index), inventory(true), () => JUDGED);
    const stored = JSON.parse(await readFile(index, 'utf8')) as { version: number };
    await writeFile(index, JSON.stringify({ ...stored, version: stored.version + 1 }));
    expect(await readIndex(catalog, index)).toMatchObject({ kept: false, seen: new Map() });
  });
});
