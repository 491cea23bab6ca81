import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith, writeImage } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { collect, DEFAULT_GRACE_MS, findGarbage } from './collect.js';
import { FileStore } from './file-store.js';

it('collects unreferenced blobs after the grace', async () => {
  const folder = await temporaryFolder();
  const store = new FileStore(folder);
  const root = await copy(await storeWith('one:1'), 'one:1', store);
  await store.commit();
  await store.remove(root);
  expect(await readdir(`${folder}/blobs/sha256`)).toHaveLength(4);
  const freed = await collect(store, folder, { now: Date.now() + 3_600_000 });
  expect(freed).toBeGreaterThan(4000);
  expect(await readdir(`${folder}/blobs/sha256`)).toEqual([]);
});

it('keeps blobs of an image, whatever their age', async () => {
  const folder = await temporaryFolder();
  const store = new FileStore(folder);
  await copy(await storeWith('one:1'), 'one:1', store);
  await store.commit();
  expect(await collect(store, folder, { now: Date.now() + 3_600_000 })).toBe(0);
});

describe('garbage', () => {
  /** A store on disk with one image, and its folder. */
  async function storeOnDisk() {
    const folder = await temporaryFolder();
    const store = new FileStore(folder);
    const root = await copy(await storeWith('one:1'), 'one:1', store);
    await store.commit();
    return { folder, store, root };
  }
  const later = (ms: number) => ({ now: Date.now() + ms });

  it('is listed, and not deleted, with its size', async () => {
    const { folder, store, root } = await storeOnDisk();
    await store.remove(root);
    const found = await findGarbage(store, folder, later(3_600_000));
    expect(found).toHaveLength(4);
    expect(found.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(await readdir(join(folder, 'blobs/sha256'))).toHaveLength(4);
  });

  it('is not younger than the grace', async () => {
    const { folder, store, root } = await storeOnDisk();
    await store.remove(root);
    expect(await findGarbage(store, folder, later(0))).toEqual([]);
    expect(await findGarbage(store, folder, later(DEFAULT_GRACE_MS / 2))).toEqual([]);
    expect(await findGarbage(store, folder, { ...later(1000), grace: 0 })).toHaveLength(4);
  });

  it('is not what another image uses', async () => {
    const { folder, store, root } = await storeOnDisk();
    const content = new MemoryStore();
    await writeImage(content, 'two:1', { layers: 1 });
    await copy(content, 'two:1', store);
    await store.commit();
    await store.remove(root);
    // The first layer is the same in both.
    expect(await findGarbage(store, folder, later(3_600_000))).toHaveLength(3);
  });

  it('are temporary files of dead processes, whatever the grace, and no files of other names', async () => {
    const { folder, store } = await storeOnDisk();
    await mkdir(join(folder, 'partial'), { recursive: true });
    for (const name of ['partial/old', 'partial/new', 'blobs/sha256/README'])
      await writeFile(join(folder, name), 'x');
    await utimes(join(folder, 'partial/old'), 1000, 1000);
    await utimes(join(folder, 'blobs/sha256/README'), 1000, 1000);
    const found = await findGarbage(store, folder, { ...later(0), grace: 0 });
    expect(found.map(({ path }) => path)).toEqual([join(folder, 'partial/old')]);
  });

  it('of a store that was never written is none', async () => {
    const folder = join(await temporaryFolder(), 'none');
    expect(await collect(new FileStore(folder), folder, later(0))).toBe(0);
  });
});
