import { describe, expect, it } from 'vitest';
import { nameImage, put, storeWith, writeImage, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { describe as describeBytes } from '../../oci/descriptor.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { imagesOf, malformedIn, sizeOf } from './graph.js';
import { walk } from './walk.js';

const graphOf = async (store: MemoryStore, reference = 'app:1') =>
  walk(store, (await store.resolve(reference)).descriptor);

/** The graph of an image with the given config and one layer. */
async function graphWith(config: object, layerType: string) {
  const store = new MemoryStore();
  const described = await put(store, MediaType.config, Buffer.from(JSON.stringify(config)));
  const layer = await put(store, layerType, Buffer.from('content'));
  const root = await put(store, MediaType.manifest, formatManifest(described, [layer]));
  await nameImage(store, root, 'app:1');
  return graphOf(store);
}

describe('a graph', () => {
  it('has the size of all its nodes, each once', async () => {
    const store = await storeWith('app:1');
    const total = [...store.blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(sizeOf(await graphOf(store))).toBe(total);
  });

  it('has the images of each platform, in the order of their index', async () => {
    const store = new MemoryStore();
    await writeIndex(store, 'app:1', [
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'amd64' },
    ]);
    const images = imagesOf(await graphOf(store));
    expect(images.map(({ config }) => config.platform.architecture)).toEqual(['arm64', 'amd64']);
    expect(images.every(({ layers, config }) => layers.length === config.diffIds.length)).toBe(
      true,
    );
  });

  it('of an artifact has no image', async () => {
    const diff_ids = [describeBytes('', Buffer.from('content')).digest];
    const signature = 'application/vnd.dev.cosign.simplesigning.v1+json';
    const unknown = { os: '', architecture: '', rootfs: { diff_ids } };
    expect(imagesOf(await graphWith(unknown, signature))).toEqual([]);
    // One with a layer of a file system is an image, of whatever platform.
    expect(imagesOf(await graphWith(unknown, MediaType.layer))).toHaveLength(1);
    const known = { ...unknown, os: 'linux', architecture: 'amd64' };
    expect(imagesOf(await graphWith(known, signature))).toHaveLength(1);
    expect(imagesOf(await graphWith({}, MediaType.layer))).toEqual([]);
  });

  it('names the malformed members of an index, and has the others as images', async () => {
    const store = new MemoryStore();
    const good = await writeImage(store, 'good:1');
    const bad = await put(store, MediaType.manifest, Buffer.from('{"layers":7}'));
    const index = { schemaVersion: 2, manifests: [good, bad] };
    const root = await put(store, MediaType.index, Buffer.from(JSON.stringify(index)));
    await nameImage(store, root, 'app:1');
    const graph = await graphOf(store);
    expect(imagesOf(graph).map(({ descriptor }) => descriptor.digest)).toEqual([good.digest]);
    expect(malformedIn(graph)).toMatchObject([{ digest: bad.digest, error: { code: 'INVALID' } }]);
  });
});
