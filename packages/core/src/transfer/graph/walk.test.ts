import { describe, expect, it } from 'vitest';
import { writeForeignImage } from '../../../testing/foreign-image.js';
import { nameImage, put, storeWith, writeImage, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { describe as describeBytes, type Descriptor } from '../../oci/descriptor.js';
import { DEFAULT_LIMITS, type Limits } from '../../oci/limits.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { budgetFor, walk, type WalkOptions } from './walk.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

async function indexOf(store: MemoryStore, ...manifests: readonly Descriptor[]) {
  return put(store, MediaType.index, json({ schemaVersion: 2, manifests }));
}

async function walked(store: MemoryStore, options?: WalkOptions, limits?: Partial<Limits>) {
  const source = Object.assign(store, { limits: { ...DEFAULT_LIMITS, ...limits } });
  return walk(source, (await store.resolve('app:1')).descriptor, options);
}

describe('a walk', () => {
  it('lists each node once, children before parents, the root last', async () => {
    const store = new MemoryStore();
    const image = await writeImage(store, 'one:1');
    const inner = await indexOf(store, image);
    const root = await indexOf(store, image, inner, image);
    await nameImage(store, root, 'app:1');
    const { nodes, documents } = await walked(store);
    const digests = nodes.map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests.slice(-3)).toEqual([image.digest, inner.digest, root.digest]);
    expect(documents.size).toBe(4);
  });

  it('reads no layer', async () => {
    const store = await storeWith('app:1');
    const read: string[] = [];
    const source = Object.assign(Object.create(store) as MemoryStore, {
      location: 'x',
      has: (node: Descriptor) => store.has(node),
      read: (node: Descriptor) => {
        read.push(node.mediaType);
        return store.read(node);
      },
    });
    await walk(source, (await store.resolve()).descriptor);
    expect(read.sort()).toEqual([MediaType.config, MediaType.manifest].sort());
  });

  it('fails or reports when content is missing', async () => {
    const store = await storeWith('app:1');
    const { nodes } = await walked(store);
    const layers = nodes.filter(({ mediaType }) => mediaType === MediaType.layer);
    for (const { digest } of layers) store.blobs.delete(digest);
    await expect(walked(store)).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining(layers[1]?.digest ?? '?') as string,
    });
    const graph = await walked(store, { missing: 'report' });
    expect(graph.missing.map(({ digest }) => digest)).toEqual(layers.map(({ digest }) => digest));
    expect(graph.nodes).toHaveLength(2);
  });

  it('gives advice on platforms when those are missing', async () => {
    const store = new MemoryStore();
    await writeIndex(store, 'app:1', [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    const { documents, root } = await walked(store);
    const index = documents.get(root.digest)?.manifest;
    if (index?.kind === 'index') store.blobs.delete(index.manifests[1]?.digest ?? root.digest);
    await expect(walked(store)).rejects.toMatchObject({
      code: 'INCOMPLETE',
      hint: expect.stringContaining('platform') as string,
    });
  });

  it('counts a foreign layer that is absent as foreign, not as missing', async () => {
    const store = new MemoryStore();
    const { foreign, root } = await writeForeignImage(store, 'app:1', ['https://x.example/l']);
    const graph = await walk(store, root);
    expect([graph.foreign?.map(({ digest }) => digest), graph.missing]).toEqual([
      [foreign.digest],
      [],
    ]);
  });

  it('refuses a malformed root, and keeps a malformed member of an index', async () => {
    const store = new MemoryStore();
    const config = await put(store, MediaType.config, json({ rootfs: { diff_ids: [] } }));
    const layer = await put(store, MediaType.layer, Buffer.from('x'));
    const bad = await put(store, MediaType.manifest, formatManifest(config, [layer]));
    await nameImage(store, bad, 'app:1');
    await expect(walked(store)).rejects.toThrow('1 layers where its config has 0 diff IDs');
    await nameImage(store, await indexOf(store, bad), 'app:1');
    const { documents, nodes } = await walked(store);
    expect(documents.get(bad.digest)).toMatchObject({ error: { code: 'INVALID' } });
    expect(nodes).toHaveLength(4);
  });

  it('refuses a damaged member of an index', async () => {
    const store = new MemoryStore();
    const image = await writeImage(store, 'one:1');
    await nameImage(store, await indexOf(store, image), 'app:1');
    store.blobs.set(image.digest, Buffer.alloc(image.size));
    await expect(walked(store)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('is not nested deeper than the limit', async () => {
    const store = new MemoryStore();
    let root = await writeImage(store, 'one:1');
    for (let depth = 0; depth < 3; depth++) root = await indexOf(store, root);
    await nameImage(store, root, 'app:1');
    expect((await walked(store, {}, { indexDepth: 4 })).root.digest).toBe(root.digest);
    await expect(walked(store, {}, { indexDepth: 2 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('shares a budget with other walks', async () => {
    const store = await storeWith('app:1');
    const needed = [...(await walked(store)).documents.values()].reduce(
      (sum, { bytes }) => sum + bytes.byteLength,
      0,
    );
    const budget = { left: 2 * needed };
    await walked(store, { budget });
    expect(budget.left).toBe(needed);
    await walked(store, { budget });
    await expect(walked(store, { budget })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(budgetFor(store).left).toBe(64 * DEFAULT_LIMITS.manifestBytes);
  });

  it('treats content of other types as blobs', async () => {
    const store = new MemoryStore();
    const text = await put(store, 'text/plain', Buffer.from('{'));
    await nameImage(store, text, 'app:1');
    const { nodes, documents } = await walked(store);
    expect([nodes, documents.size]).toEqual([[text], 0]);
    const gone = describeBytes('text/plain', Buffer.from('gone'));
    expect((await walk(store, gone, { missing: 'report' })).missing).toEqual([gone]);
  });
});
