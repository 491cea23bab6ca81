import { describe, expect, it } from 'vitest';
import { writeForeignImage } from '../../testing/foreign-image.js';
import { put, storeWith, writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { describe as describeBytes, type Descriptor } from '../oci/descriptor.js';
import { digestOf, type Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import type { Leaf } from './check-content.js';
import { checkStructure } from './check-structure.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

async function check(store: MemoryStore, root: Descriptor, more: { allowSparse?: boolean } = {}) {
  const leaves = new Map<Digest, Leaf>();
  const seen = new Set<Digest>();
  const foreign = new Map<Digest, Descriptor[]>();
  const options = { image: 'app:1', leaves, seen, foreign, ...more };
  const problems = await checkStructure(store, root, options);
  return { problems, codes: problems.map(({ code }) => code), leaves, seen, foreign };
}

/** An image with the given layers and diff IDs. */
async function imageWith(store: MemoryStore, layers: readonly Descriptor[], diffIds: unknown) {
  const config = await put(store, MediaType.config, json({ rootfs: { diff_ids: diffIds } }));
  return put(store, MediaType.manifest, formatManifest(config, layers));
}

describe('the structure of an image', () => {
  it('without problems gives its layers to be hashed, with the diff IDs of packed ones', async () => {
    const store = await storeWith('app:1', { gzip: true });
    const { problems, leaves, seen } = await check(store, (await store.resolve()).descriptor);
    expect(problems).toEqual([]);
    expect([...leaves.values()].every(({ diffId }) => diffId !== undefined)).toBe(true);
    expect([leaves.size, seen.size]).toEqual([2, 2]);
    const plain = await storeWith('app:1');
    const found = await check(plain, (await plain.resolve()).descriptor);
    expect([...found.leaves.values()].map(({ diffId }) => diffId)).toEqual([undefined, undefined]);
  });

  it('is checked on after each problem', async () => {
    const store = new MemoryStore();
    const layer = await put(store, MediaType.layer, Buffer.from('x'));
    const gone = describeBytes(MediaType.layer, Buffer.from('gone'));
    const wrong = digestOf(Buffer.from('wrong'));
    const image = await imageWith(store, [layer, gone], [wrong, gone.digest]);
    const { problems, leaves } = await check(store, image);
    expect(problems).toMatchObject([
      { code: 'INVALID', expected: wrong, actual: layer.digest, image: 'app:1' },
      { code: 'INCOMPLETE', digest: gone.digest, expected: gone.digest },
    ]);
    expect([...leaves.keys()]).toEqual([layer.digest]);
  });

  it.each([
    ['more layers than diff IDs', [], 'it has 1 layers, but its config has 0 diff IDs'],
    ['a config of another form', 'x', 'rootfs.diff_ids'],
  ])('has a problem with %s, and its layers are still hashed', async (_what, diffIds, message) => {
    const store = new MemoryStore();
    const layer = await put(store, MediaType.layerGzip, Buffer.from('x'));
    const { problems, leaves } = await check(store, await imageWith(store, [layer], diffIds));
    expect(problems).toMatchObject([{ code: 'INVALID' }]);
    expect(problems[0]?.message).toContain(message);
    expect(leaves.get(layer.digest)).not.toHaveProperty('diffId');
  });

  it('has the problems of damaged and missing documents', async () => {
    const store = await storeWith('app:1');
    const root = (await store.resolve()).descriptor;
    store.blobs.set(root.digest, Buffer.alloc(root.size));
    expect((await check(store, root)).codes).toEqual(['CORRUPT']);
    store.blobs.delete(root.digest);
    expect((await check(store, root)).codes).toEqual(['INCOMPLETE']);
  });

  it('may lack platforms of its index where that is allowed, and not the index itself', async () => {
    const store = new MemoryStore();
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const root = await writeIndex(store, 'app:1', platforms);
    const { manifests } = JSON.parse(String(store.blobs.get(root.digest))) as {
      manifests: Descriptor[];
    };
    store.blobs.delete(manifests[1]?.digest ?? root.digest);
    const { problems } = await check(store, root);
    expect(problems).toMatchObject([{ code: 'INCOMPLETE' }]);
    expect(problems[0]?.message).toContain('for linux/arm64');
    expect((await check(store, root, { allowSparse: true })).problems).toEqual([]);
    store.blobs.delete(root.digest);
    expect((await check(store, root, { allowSparse: true })).codes).toEqual(['INCOMPLETE']);
  });

  it('counts a foreign layer that is absent apart, by its config', async () => {
    const store = new MemoryStore();
    const image = await writeForeignImage(store, 'app:1', []);
    const { problems, foreign } = await check(store, image.root);
    expect(problems).toEqual([]);
    expect([...foreign.values()].flat().map(({ digest }) => digest)).toEqual([
      image.foreign.digest,
    ]);
  });

  it('of an artifact has blobs without diff IDs', async () => {
    const store = new MemoryStore();
    const config = await put(store, MediaType.empty, Buffer.from('{}'));
    const blob = await put(store, 'text/plain', Buffer.from('x'));
    const root = await put(store, MediaType.manifest, formatManifest(config, [blob]));
    const { problems, leaves } = await check(store, root);
    expect(problems).toEqual([]);
    expect([...leaves.keys()]).toEqual([blob.digest, config.digest]);
  });

  it('nested too deep is TOO_LARGE', async () => {
    const store = Object.assign(new MemoryStore(), {
      limits: { ...DEFAULT_LIMITS, indexDepth: 1 },
    });
    let root = await writeImage(store, 'app:1');
    for (let depth = 0; depth < 2; depth++)
      root = await put(store, MediaType.index, json({ manifests: [root] }));
    expect((await check(store, root)).codes).toEqual(['TOO_LARGE']);
  });

  it('has at most 10,000 problems, and one that says so', async () => {
    const store = new MemoryStore();
    const manifests = Array.from({ length: 10_005 }, (_, at) =>
      describeBytes('text/plain', Buffer.from(`${at}`)),
    );
    const root = await put(store, MediaType.index, json({ manifests }));
    const { problems } = await check(store, root);
    expect(problems).toHaveLength(10_001);
    expect(problems.at(-1)).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('that was seen is not checked again', async () => {
    const store = await storeWith('app:1');
    const root = (await store.resolve()).descriptor;
    const seen = new Set([root.digest]);
    const leaves = new Map<Digest, Leaf>();
    const options = { image: 'b', leaves, seen, foreign: new Map<Digest, Descriptor[]>() };
    expect(await checkStructure(store, root, options)).toEqual([]);
    expect(leaves.size).toBe(0);
  });
});
