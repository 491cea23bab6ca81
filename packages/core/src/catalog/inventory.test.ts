import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { isSeenRecord, takeInventory } from './inventory.js';
import { formatRecord, type ImageRecord } from './record.js';

const RECORD: ImageRecord = {
  name: 'app-debian-12-base',
  reference: 'docker.io/library/app:1',
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: [], packages: [], tools: [] },
};

/** As older versions wrote it: with facts about the archive. */
const older = (size: number) => JSON.stringify({ ...RECORD, size, sha256: '2'.repeat(64) });

async function place(files: Readonly<Record<string, string | Uint8Array>>) {
  const workspace = await temporaryFolder();
  const folder = join(workspace, 'images');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(workspace, path, '..'), { recursive: true });
    await writeFile(join(workspace, path), content);
  }
  return { workspace, folder, state: join(workspace, '.stowage') };
}

describe('an inventory', () => {
  it('lists archives and records of the folder and of those below it, and no deeper', async () => {
    const at = await place({
      'images/a.tar': 'aa',
      'images/app/b.tar.gz': 'b',
      'images/app/deeper/c.tar': 'c',
      'images/app/d.image.json': older(5),
      'images/README': 'x',
    });
    const { archives, records, isNew } = await takeInventory(at, [], new Map());
    expect([...archives]).toEqual([
      ['a.tar', 2],
      ['app/b.tar.gz', 1],
    ]);
    expect([...records.keys()]).toEqual(['app/d.tar']);
    const record = records.get('app/d.tar');
    expect([record?.archiveSize, record?.reference]).toEqual([5, RECORD.reference]);
    expect(record?.read()).toMatchObject(RECORD);
    expect(isNew).toBe(true);
  });

  it('reads only records that changed since the last one', async () => {
    const at = await place({ 'images/a.image.json': formatRecord(RECORD) });
    const path = join(at.folder, 'a.image.json');
    await utimes(path, 4000, 4000);
    const first = await takeInventory(at, [], new Map());
    const again = await takeInventory(at, [], first.seen);
    expect([again.isNew, again.seen]).toEqual([false, first.seen]);
    await writeFile(path, older(7));
    await utimes(path, 5000, 5000);
    const changed = await takeInventory(at, [], first.seen);
    expect([changed.isNew, changed.records.get('a.tar')?.archiveSize]).toEqual([true, 7]);
    await rm(path);
    expect(await takeInventory(at, [], changed.seen)).toMatchObject({
      isNew: true,
      seen: new Map(),
    });
  });

  it('reads a record again that changed shortly before it was read: another one may have the same time', async () => {
    const at = await place({ 'images/a.image.json': older(5) });
    const path = join(at.folder, 'a.image.json');
    const now = new Date();
    await utimes(path, now, now);
    const { seen } = await takeInventory(at, [], new Map());
    await writeFile(path, older(7));
    await utimes(path, now, now);
    const { records } = await takeInventory(at, [], seen);
    expect(records.get('a.tar')?.archiveSize).toBe(7);
  });

  it('leaves out a damaged record, and one that is deleted when it is read', async () => {
    const at = await place({
      'images/a.image.json': '{',
      'images/b.image.json': formatRecord(RECORD),
    });
    const { records } = await takeInventory(at, [], new Map());
    expect([...records.keys()]).toEqual(['b.tar']);
    await rm(join(at.folder, 'b.image.json'));
    expect(records.get('b.tar')?.read()).toBeUndefined();
  });

  it('finds archives that the catalog names in other folders, and those that it may not read', async () => {
    const outside = join(await temporaryFolder(), 'x.tar');
    await writeFile(outside, 'xyz');
    const at = await place({ 'images/a.tar': 'a', 'other/b.tar': 'bb' });
    const entries = ['a.tar', 'other/b.tar', outside, 'gone.tar'].map((file) => ({ file }));
    const { archives, elsewhere } = await takeInventory(at, entries, new Map());
    expect(archives.get('other/b.tar')).toBe(2);
    expect([...elsewhere]).toEqual([outside]);
    expect(archives.has('gone.tar')).toBe(false);
  });

  it('leaves out a link to nothing', async () => {
    const at = await place({ 'images/app/a.tar': 'a' });
    await symlink('none', join(at.folder, 'app/b.tar'));
    expect([...(await takeInventory(at, [], new Map())).archives.keys()]).toEqual(['app/a.tar']);
  });

  it('of a folder that does not exist is empty', async () => {
    const at = await place({});
    expect(await takeInventory(at, [], new Map())).toMatchObject({ isNew: false, seen: new Map() });
  });
});

it.each([
  [[1, 2, 3, 'a:1', false], true],
  [[1, 2, null, 'a:1', true], true],
  [[1, 2, 3, 'a:1'], false],
  [[1, 2, 3, 4, false], false],
  [['1', 2, 3, 'a', false], false],
  [[1, 2, 3, 'a', 'no'], false],
  [[1, 2, 3, 'a\u001b[1m', false], false],
  [{}, false],
  [null, false],
])('%j is a seen record: %s', (value, expected) => {
  expect(isSeenRecord(value)).toBe(expected);
});
