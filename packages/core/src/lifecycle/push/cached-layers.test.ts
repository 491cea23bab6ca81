import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { put, storeWith } from '../../../testing/image.js';
import { pushItemOf } from '../../../testing/push-item.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openRepository } from '../../distribution/open-repository.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { FileStore } from '../../store/file-store.js';
import { blobFile } from '../../store/paths.js';
import { surroundingsOf } from '../../surroundings.js';
import { copy } from '../../transfer/copy.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { readAll } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';
import { CachedLayers } from './cached-layers.js';
import { createLayerMemory, recompressImage } from './pushed-form.js';

/** A cache with one image, as `load REFERENCE` leaves it. */
async function cacheWith(source: Source, reference: string): Promise<string> {
  const cache = await temporaryFolder();
  await using store = new FileStore(cache);
  await copy(source, undefined, store, { as: reference });
  await store.commit();
  return cache;
}

async function layersOf(source: Source) {
  const graph = await walk(source, (await source.resolve()).descriptor);
  const [image] = imagesOf(graph);
  if (!image) throw new Error('expected an image');
  return { layers: image.layers, diffIds: image.config.diffIds };
}

const base = (gzip: boolean) => storeWith('base:1', { seed: 'base', layers: 2, gzip });

describe('layers in the cache', () => {
  it('are found by their diff ID and their compression, with where they came from', async () => {
    const cache = await cacheWith(await base(true), 'r.example/team/base:1');
    const { layers, diffIds } = await layersOf(await base(true));
    const cached = new CachedLayers(cache);
    for (const [at, diffId] of diffIds.entries()) {
      const found = await cached.find(diffId, 'gzip');
      expect(found?.descriptor.digest).toBe(layers[at]?.digest);
      expect(found?.origin).toMatchObject({ registry: 'r.example', repository: 'team/base' });
      expect(await readAll(found?.open() ?? expect.unreachable())).toHaveLength(
        layers[at]?.size ?? -1,
      );
      expect(await cached.find(diffId, 'zstd')).toBeUndefined();
    }
    expect(await cached.find(layers[0]?.digest ?? 'sha256:', 'gzip')).toBeUndefined();
  });

  it('are not believed: their content is hashed', async () => {
    const store = await base(true);
    const honest = await layersOf(store);
    const root = (await store.resolve()).descriptor;
    const other = await layersOf(await storeWith('x:1', { seed: 'other', layers: 1 }));
    const lie = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } };
    const diffIds = [other.diffIds[0], honest.diffIds[1]];
    const bytes = Buffer.from(
      JSON.stringify({ ...lie, rootfs: { type: 'layers', diff_ids: diffIds } }),
    );
    const config = await put(store, MediaType.config, bytes);
    const manifest = await put(store, MediaType.manifest, formatManifest(config, honest.layers));
    const cache = await temporaryFolder();
    await store.tag(manifest, 'lie:1');
    await store.commit();
    await using cacheStore = new FileStore(cache);
    for (const { digest } of [root, manifest])
      await copy(store, digest, cacheStore, { as: `r.example/x:${digest.slice(7, 12)}` });
    await cacheStore.commit();
    const cached = new CachedLayers(cache);
    expect(await cached.find(diffIds[0] ?? 'sha256:', 'gzip')).toBeUndefined();
    expect(await cached.find(diffIds[1] ?? 'sha256:', 'gzip')).toBeDefined();
    await writeFile(blobFile(cache, honest.layers[1]?.digest ?? 'sha256:'), 'damaged');
    expect(await new CachedLayers(cache).find(diffIds[1] ?? 'sha256:', 'gzip')).toBeUndefined();
  });
});

describe('an image on a base that is in the cache', () => {
  /** Pushes an image with the layers of the base, as `docker save` gives it. */
  async function pushed(isThere: boolean) {
    const { host, requests } = await servedRegistry();
    const cache = await cacheWith(await base(true), `${host}/team/base:1`);
    const registry = (name: string) =>
      openRepository(`${host}/${name}:1`, { plainHttp: true }, surroundingsOf());
    if (isThere) {
      await using team = await registry('team/base');
      await copy(await base(true), undefined, team, { as: `${host}/team/base:1` });
      await team.commit();
    }
    const item = await pushItemOf(await base(false), host, 'docker-archive');
    await using sink = await registry('app');
    let sent = 0;
    const made = await recompressImage(item, sink, {
      compress: 'gzip',
      packings: createLayerMemory(cache),
      cached: new CachedLayers(cache),
      onSent: (bytes) => (sent += bytes),
    });
    const [image] = imagesOf(made.graph);
    return { layers: image?.layers.map(({ digest }) => digest), sent, blobs: sink.blobs, requests };
  }

  it('is pushed with the layers of the base: mounted where the registry has them', async () => {
    const { layers } = await layersOf(await base(true));
    const { layers: made, sent, blobs } = await pushed(true);
    expect(made).toEqual(layers.map(({ digest }) => digest));
    expect([sent, blobs]).toEqual([0, { sent: 0, mounted: 2, existing: 0 }]);
  });

  it('is pushed with the bytes of the cache where the registry lacks them', async () => {
    const { layers } = await layersOf(await base(true));
    const { layers: made, sent } = await pushed(false);
    expect(made).toEqual(layers.map(({ digest }) => digest));
    expect(sent).toBe(layers.reduce((sum, { size }) => sum + size, 0));
  });
});
