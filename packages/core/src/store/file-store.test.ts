import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { storeContract } from '../../testing/contracts/store.js';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { collect } from './collect.js';
import { FileStore } from './file-store.js';

storeContract('the embedded store', async () => {
  const folder = await temporaryFolder();
  return { store: new FileStore(folder), reopen: async () => new FileStore(folder) };
});

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
