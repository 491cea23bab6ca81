import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { oneChunk } from '../transfer/copy.js';
import { readArchiveFacts } from './archive-facts.js';
import {
  commitArchive,
  hasPartialRecord,
  healArchive,
  readRecord,
  recordPath,
  removeArchive,
} from './commit.js';
import type { ImageRecord } from './record.js';

const toRecord = (): ImageRecord => ({
  name: 'app-debian-12-base',
  reference: 'docker.io/library/app:1',
  digest: `sha256:${'1'.repeat(64)}`,
  diffIds: [],
  facts: { compilers: [], packages: [], tools: [] },
});

async function archive() {
  const workspace = await temporaryFolder();
  const folder = join(workspace, 'images');
  await mkdir(folder);
  const place = { folder, state: join(workspace, '.stowage') };
  return { folder, place, path: join(folder, 'app/x.tar') };
}

const commit = async (at: Awaited<ReturnType<typeof archive>>, text: string) =>
  (await commitArchive(at, oneChunk(Buffer.from(text)), toRecord)).record;

describe('the record of an archive', () => {
  it('stands beside it', () => {
    expect(recordPath('/a/x.tar')).toBe('/a/x.image.json');
    expect(recordPath('/a/x.tar.gz')).toBe('/a/x.tar.gz.image.json');
  });

  it('is written with it; its size and checksum are known apart from the record', async () => {
    const at = await archive();
    const record = await commit(at, 'hello');
    expect(readArchiveFacts(at, record)).toEqual({
      digest: record.digest,
      size: 5,
      sha256: expect.stringMatching(/^2cf24dba/) as string,
    });
    expect(await readRecord(at.path)).toEqual(record);
    expect(await readdir(join(at.folder, 'app'))).toEqual(['x.image.json', 'x.tar']);
  });

  it('is absent for another file, and CORRUPT when it is damaged', async () => {
    const at = await archive();
    await commit(at, 'hello');
    expect(await readRecord(join(at.folder, 'app/none.tar'))).toBeUndefined();
    expect(await readRecord(recordPath(at.path))).toBeUndefined();
    await writeFile(recordPath(at.path), '{');
    await expect(readRecord(at.path)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('a commit that stopped', () => {
  it('before the archive’s rename is rolled back', async () => {
    const at = await archive();
    const record = await commit(at, 'old');
    await writeFile(`${at.path}.partial`, 'new');
    await writeFile(
      `${recordPath(at.path)}.partial`,
      JSON.stringify({ ...record, digest: `sha256:${'3'.repeat(64)}` }),
    );
    expect(await hasPartialRecord(at.path)).toBe(true);
    await healArchive(at);
    expect(await readRecord(at.path)).toEqual(record);
    expect(await readdir(join(at.folder, 'app'))).toEqual(['x.image.json', 'x.tar']);
    expect(await hasPartialRecord(at.path)).toBe(false);
  });

  it('after the archive’s rename is completed', async () => {
    const at = await archive();
    const record = await commit(at, 'new');
    await rename(recordPath(at.path), `${recordPath(at.path)}.partial`);
    await healArchive(at);
    expect(await readRecord(at.path)).toEqual(record);
  });

  it('whose content fails leaves the old pair', async () => {
    const at = await archive();
    const record = await commit(at, 'old');
    async function* failing() {
      yield Buffer.from('n');
      throw new TypeError('mine');
    }
    await expect(commitArchive(at, failing(), toRecord)).rejects.toThrow('mine');
    expect(await readRecord(at.path)).toEqual(record);
    expect(await readdir(join(at.folder, 'app'))).toEqual(['x.image.json', 'x.tar']);
  });
});

describe('a removal', () => {
  it('deletes both, and is no error when there is nothing', async () => {
    const at = await archive();
    await commit(at, 'x');
    await removeArchive(at);
    expect(await readdir(join(at.folder, 'app'))).toEqual([]);
    await removeArchive(at);
  });

  it('that stopped before the archive is gone is undone', async () => {
    const at = await archive();
    const record = await commit(at, 'x');
    await rename(recordPath(at.path), `${recordPath(at.path)}.partial`);
    await healArchive(at);
    expect(await readRecord(at.path)).toEqual(record);
    await rename(recordPath(at.path), `${recordPath(at.path)}.partial`);
    await rm(at.path);
    await healArchive(at);
    expect(await readdir(join(at.folder, 'app'))).toEqual([]);
  });

  it('of a link deletes the link alone', async () => {
    const at = await archive();
    const target = join(at.folder, 'target');
    await writeFile(target, 'mine');
    await mkdir(join(at.folder, 'app'));
    await symlink(target, at.path);
    await removeArchive(at);
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await readdir(join(at.folder, 'app'))).toEqual([]);
  });
});

it('a folder of archives that leads out of itself by a link is refused', async () => {
  const at = await archive();
  await symlink(await temporaryFolder(), join(at.folder, 'app'));
  for (const work of [() => commit(at, 'x'), () => removeArchive(at), () => healArchive(at)])
    await expect(work()).rejects.toMatchObject({ code: 'INVALID' });
});
