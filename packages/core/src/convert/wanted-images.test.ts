import { describe, expect, it } from 'vitest';
import { nameImage, put, storeWith, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import type { Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { parsePlatform } from '../oci/platform.js';
import type { Graph } from '../transfer/graph/graph.js';
import { walk } from '../transfer/graph/walk.js';
import { isWanted, isWhole, wantedImages } from './wanted-images.js';

const AMD64 = parsePlatform('linux/amd64');
const ARM64 = parsePlatform('linux/arm64');

async function graphOfIndex() {
  const store = new MemoryStore();
  const root = await writeIndex(store, 'app:1', [AMD64, ARM64]);
  const graph = await walk(store, root);
  const manifest = graph.documents.get(root.digest)?.manifest;
  const [amd64, arm64] = manifest?.kind === 'index' ? manifest.manifests : [];
  if (!amd64 || !arm64) throw new Error('expected two images');
  return { store, root, graph, amd64, arm64 };
}

describe('the wanted images', () => {
  it('are those of the platforms, in the order of the index', async () => {
    const { graph, amd64, arm64 } = await graphOfIndex();
    const keys = async (...platforms: (typeof AMD64)[]) => [
      ...((await wantedImages('x', graph, platforms))?.keys() ?? []),
    ];
    expect(await keys(ARM64)).toEqual([arm64.digest]);
    expect(await keys(ARM64, AMD64)).toEqual([amd64.digest, arm64.digest]);
  });

  it('are all where no platform is given, or where there is one image', async () => {
    const { graph } = await graphOfIndex();
    expect(await wantedImages('x', graph)).toBeUndefined();
    const store = await storeWith('app:1');
    const single = await walk(store, (await store.resolve()).descriptor);
    expect(await wantedImages('x', single, [ARM64])).toBeUndefined();
  });

  it('of a platform that is missing are NOT_FOUND', async () => {
    const { graph } = await graphOfIndex();
    const wanted = wantedImages('x', graph, [parsePlatform('linux/riscv64')]);
    await expect(wanted).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('include an index that has one of them', async () => {
    const { store, root, amd64, arm64 } = await graphOfIndex();
    const bytes = Buffer.from(JSON.stringify({ manifests: [root] }));
    const outer = await nameImage(store, await put(store, MediaType.index, bytes), 'outer:1');
    const graph = await walk(store, outer);
    const wanted = new Map<Descriptor['digest'], Descriptor>([[arm64.digest, arm64]]);
    expect([root, amd64, arm64].map((each) => isWanted(each, graph, wanted))).toEqual([
      true,
      false,
      true,
    ]);
    expect(isWanted(amd64, graph, undefined)).toBe(true);
  });
});

const missing = (graph: Graph) => new Set(graph.missing.map(({ digest }) => digest));

it('an image is whole when its manifest and all that it names are there', async () => {
  const { store, root, amd64, arm64 } = await graphOfIndex();
  const manifest = (await walk(store, root)).documents.get(amd64.digest)?.manifest;
  if (manifest?.kind === 'image') store.blobs.delete(manifest.layers[0]?.digest ?? root.digest);
  const graph = await walk(store, root, { missing: 'report' });
  expect([amd64, arm64].map((each) => isWhole(each, graph, missing(graph)))).toEqual([false, true]);
  store.blobs.delete(arm64.digest);
  const less = await walk(store, root, { missing: 'report' });
  expect(isWhole(arm64, less, missing(less))).toBe(false);
});
