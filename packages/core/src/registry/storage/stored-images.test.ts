import { describe, expect, it } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { writeImage, writeIndex, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { RegistryStore } from './registry-store.js';
import { removeParts, storedImages, type StoredImage } from './stored-images.js';

const PLATFORMS = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));

async function registryWith(fill: (content: MemoryStore) => Promise<unknown>) {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const content = new MemoryStore();
  await fill(content);
  await fillRegistry(store, content);
  return { root, store, content };
}

async function imagesOf(root: string): Promise<StoredImage[]> {
  const images: StoredImage[] = [];
  for await (const image of storedImages(root)) images.push(image);
  return images;
}

describe('the images of a registry', () => {
  it('are the manifests with their tags, parts and referrers; the parts are no images', async () => {
    const { root, content } = await registryWith(async (memory) => {
      const index = await writeIndex(memory, 'r.example/app:1', PLATFORMS);
      await memory.tag(index, 'r.example/app:2');
      await memory.commit();
      await writeReferrer(memory, index, { artifactType: 'text/x' });
      await writeImage(memory, 'r.example/other:1', { seed: 'b', layers: 1 });
    });
    const images = await imagesOf(root);
    expect(images.map(({ repository, tags }) => [repository, [...tags].sort()]).sort()).toEqual([
      ['app', ['1', '2']],
      ['other', ['1']],
    ]);
    const app = images.find(({ repository }) => repository === 'app');
    // The index; two manifests with a config and two layers each; the referrer and its config.
    expect(app?.contents.size).toBe(1 + 2 * 4 + 2);
    expect([...(app?.contents ?? [])][0]).toBe(app?.digest);
    expect(content.blobs.size).toBeGreaterThan(0);
    expect(app && app.created <= app.lastUsed).toBe(true);
  });

  it('include a platform with its own tag, and a referrer of a manifest that is gone', async () => {
    const { root, store } = await registryWith(async (memory) => {
      const image = await writeImage(memory, 'r.example/app:amd64');
      await writeReferrer(memory, image, { artifactType: 'text/x' });
    });
    const [before] = await imagesOf(root);
    if (before) await store.removeManifest('app', before.digest);
    expect((await imagesOf(root)).map(({ tags }) => tags)).toEqual([[]]);
  });

  it('lose the parts of one that was deleted, unless these are old enough or have a tag', async () => {
    const { root, store } = await registryWith((memory) =>
      writeIndex(memory, 'r.example/app:1', PLATFORMS),
    );
    const [image] = await imagesOf(root);
    if (!image) throw new Error('expected an image');
    await store.removeManifest('app', image.digest);
    const gone = new Map([['app', image.contents]]);
    await removeParts(root, gone, Date.now() - 3_600_000);
    expect(await imagesOf(root)).toHaveLength(2);
    await removeParts(root, gone, Date.now() + 3_600_000);
    expect(await imagesOf(root)).toEqual([]);
  });
});
