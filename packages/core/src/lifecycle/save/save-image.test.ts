import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { NAME, workspaceOf } from '../../../testing/workspace.js';
import { readRecord } from '../../catalog/commit.js';
import { digestOf } from '../../oci/digest.js';
import { list } from '../inspect/list.js';
import { archiveOf } from '../workspace/workspace.js';
import { findSavedImage, saveImage } from './save-image.js';

const FACTS = { compilers: ['gcc12'], packages: ['a'], tools: [] };
const REFERENCE = `docker.io/library/${NAME}:latest`;

async function start(source?: MemoryStore) {
  const { workspace, call, cwd } = await workspaceOf();
  const content = source ?? (await storeWith(REFERENCE));
  const target = { name: NAME, reference: REFERENCE, path: archiveOf(workspace, NAME) };
  const save = (origin = {}) =>
    saveImage(workspace, content, target, { ...call, facts: FACTS, ...origin });
  const find = (isIt = () => true, more = {}) =>
    findSavedImage(workspace, { ...target, ...more }, isIt);
  return { workspace, cwd, content, target, save, find };
}

describe('the record of a saved image', () => {
  it('describes it, with facts and base of its definition', async () => {
    const { save, target, content } = await start();
    const base = {
      name: 'docker.io/library/debian:12',
      digest: digestOf(Buffer.from('base')),
    };
    const { digest } = await save({ base });
    expect(digest).toBe((await content.resolve()).descriptor.digest);
    const record = await readRecord(target.path);
    expect(record).toMatchObject({ name: NAME, reference: REFERENCE, digest, base, facts: FACTS });
    expect(record?.platform).toMatchObject({ os: 'linux', architecture: 'amd64' });
    expect(record?.diffIds).toHaveLength(2);
  });

  it('of several platforms names them, and no config', async () => {
    const store = new MemoryStore();
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    await writeIndex(store, REFERENCE, platforms);
    const { save, target } = await start(store);
    await save();
    const record = await readRecord(target.path);
    expect(record).toMatchObject({ platforms, diffIds: [] });
    expect(record?.configDigest).toBeUndefined();
  });
});

describe('a saved image', () => {
  it('is in the catalog with its size', async () => {
    const { save, workspace } = await start();
    const { size } = await save();
    expect(await list(workspace)).toMatchObject([{ name: NAME, size, state: 'ok' }]);
  });

  it('is found again by its record', async () => {
    const { save, find } = await start();
    expect(await find()).toBeUndefined();
    const saved = await save();
    expect(await find()).toEqual({ ...saved, action: 'skipped' });
    expect(await find(() => false)).toBeUndefined();
    expect(await find(undefined, { reference: 'docker.io/library/x:1' })).toBeUndefined();
  });

  it('is not found when its archive is gone or another', async () => {
    const { save, find, target } = await start();
    await save();
    await writeFile(target.path, 'another');
    expect(await find()).toBeUndefined();
    await rm(target.path);
    expect(await find()).toBeUndefined();
  });

  it('is not written behind a link out of the folder of archives', async () => {
    const { save, cwd } = await start();
    const other = await temporaryFolder();
    await mkdir(join(cwd, 'images'));
    await symlink(other, join(cwd, 'images/app'));
    await expect(save()).rejects.toMatchObject({ code: 'INVALID' });
    expect(await readdir(other)).toEqual([]);
  });
});
