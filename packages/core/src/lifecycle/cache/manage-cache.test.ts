import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith, writeImage } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { FileStore } from '../../store/file-store.js';
import { blobFile, partialFolder } from '../../store/paths.js';
import { surroundingsOf } from '../../surroundings.js';
import { copy } from '../../transfer/copy.js';
import { cacheInfo, listCache, verifyCache } from './manage-cache.js';

async function cache(isEmpty = false) {
  const { workspace, cwd } = await workspaceOf();
  const folder = join(cwd, 'cache');
  const store = new FileStore(folder);
  const content = await storeWith('r.example/a:1', { layers: 1 });
  await writeImage(content, 'r.example/b:1', { layers: 2 });
  if (!isEmpty) for (const name of ['b', 'a']) await copy(content, `r.example/${name}:1`, store);
  await store.commit();
  const surroundings = surroundingsOf({ env: { STOWAGE_CACHE_DIR: folder } });
  const layer = [...content.blobs].find(([, { byteLength }]) => byteLength > 1500)?.[0];
  return { own: { ...workspace, surroundings }, folder, layer: layer ?? ('sha256:' as const) };
}

describe('the cache', () => {
  it('is measured, with content that images share once, and incomplete downloads', async () => {
    const { own, folder } = await cache();
    const before = await cacheInfo(own);
    // Two images of a manifest and a config each, and two layers, of which they share one.
    expect(before).toMatchObject({ path: folder, images: 2, blobs: 6, partialBytes: 0 });
    await mkdir(partialFolder(folder), { recursive: true });
    await writeFile(join(partialFolder(folder), 'x'), Buffer.alloc(10_000, 'x'));
    const after = await cacheInfo(own);
    expect(after.partialBytes).toBeGreaterThanOrEqual(10_000);
    expect(after.bytes).toBe(before.bytes + after.partialBytes);
  });

  it('lists its images by name, and says which lack content', async () => {
    const { own, folder, layer } = await cache();
    expect(await listCache(own)).toMatchObject([
      { reference: 'r.example/a:1', whole: true },
      { reference: 'r.example/b:1', whole: true },
    ]);
    await rm(blobFile(folder, layer));
    expect((await listCache(own)).map(({ whole }) => whole)).toEqual([false, false]);
  });

  it('deletes content that is damaged', async () => {
    const { own, folder, layer } = await cache();
    await writeFile(blobFile(folder, layer), 'damaged');
    expect(await verifyCache(own)).toMatchObject({ blobs: 6, damaged: [layer] });
    expect(await verifyCache(own)).toMatchObject({ blobs: 5, damaged: [] });
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(verifyCache(own, { signal })).rejects.toThrow('stopped');
  });

  it('that was never written is empty', async () => {
    const { own } = await cache(true);
    expect(await cacheInfo(own)).toMatchObject({ images: 0, blobs: 0, bytes: 0 });
    expect(await listCache(own)).toEqual([]);
  });
});
