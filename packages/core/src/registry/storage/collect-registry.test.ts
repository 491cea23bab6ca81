import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillRegistry, putBlob } from '../../../testing/fill-registry.js';
import { writeImage } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { oneChunk } from '../../transfer/copy.js';
import { allManifests, collectGarbage, type CollectGarbageOptions } from './collect-registry.js';
import { RegistryStore } from './registry-store.js';

const HOUR = 3_600_000;

async function registry() {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const content = new MemoryStore();
  const image = await writeImage(content, 'r.example/app:1');
  await fillRegistry(store, content);
  const garbage = await putBlob(store, 'app', Buffer.from('garbage'));
  const collect = (more: Partial<CollectGarbageOptions> = {}) =>
    collectGarbage(root, { now: Date.now() + 2 * HOUR, grace: HOUR, uploadGrace: HOUR, ...more });
  const blobs = () => readdir(join(root, 'blobs/sha256'));
  return { root, store, image, garbage, collect, blobs };
}

describe('a garbage collection', () => {
  it('deletes what no manifest references, and says how much that freed', async () => {
    const { collect, garbage, blobs, store } = await registry();
    const { blobs: deleted, freedBytes } = await collect();
    expect(deleted).toEqual([garbage.digest]);
    expect(freedBytes).toBeGreaterThan(0);
    expect(await blobs()).toHaveLength(4);
    expect(await store.blob('app', garbage.digest)).toBeUndefined();
    expect(await collect()).toEqual({ blobs: [], uploads: 0, freedBytes: 0 });
  });

  it('says the same in a dry run, and deletes nothing', async () => {
    const { collect, blobs } = await registry();
    const planned = await collect({ dryRun: true });
    expect(await blobs()).toHaveLength(5);
    expect(await collect()).toEqual(planned);
  });

  it('keeps what was used within the grace', async () => {
    const { collect, blobs } = await registry();
    expect((await collect({ now: Date.now() })).blobs).toEqual([]);
    expect(await blobs()).toHaveLength(5);
  });

  it('keeps a blob that another repository references', async () => {
    const { collect, store, image, blobs } = await registry();
    for (const name of await blobs()) await store.mount('other', `sha256:${name}`, 'app');
    await store.removeManifest('app', image.digest);
    // Nothing of the other repository is referenced either.
    expect((await collect()).blobs).toHaveLength(5);
  });

  it('deletes uploads that received nothing for long', async () => {
    const { collect, store } = await registry();
    const id = await store.uploads.start('app');
    await store.uploads.append('app', id, oneChunk(Buffer.from('part')));
    expect((await collect({ now: Date.now() })).uploads).toBe(0);
    expect((await collect()).uploads).toBe(1);
  });

  it('stops at an abort', async () => {
    const { collect } = await registry();
    await expect(collect({ signal: AbortSignal.abort(new TypeError('stopped')) })).rejects.toThrow(
      'stopped',
    );
  });

  it('of a registry that was never written is empty', async () => {
    const root = join(await temporaryFolder(), 'none');
    const options = { now: Date.now(), grace: 0, uploadGrace: 0 };
    expect(await collectGarbage(root, options)).toEqual({ blobs: [], uploads: 0, freedBytes: 0 });
  });
});

it('all manifests are those of every repository', async () => {
  const { root, image } = await registry();
  const found = [];
  for await (const { repository, manifest } of allManifests(root))
    found.push([repository, manifest.descriptor.digest]);
  expect(found).toEqual([['app', image.digest]]);
});
