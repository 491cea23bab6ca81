import { describe, expect, it } from 'vitest';
import { fillRegistry, putBlob, putManifest } from '../../../testing/fill-registry.js';
import { writeImage, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { RegistryStore } from '../storage/registry-store.js';
import { Documents } from './documents.js';
import { readImageFacts } from './image-facts.js';

async function registryWith(fill: (content: MemoryStore) => Promise<unknown>) {
  const store = new RegistryStore(await temporaryFolder());
  const content = new MemoryStore();
  await fill(content);
  await fillRegistry(store, content);
  return { store, content };
}

describe('the facts of an image', () => {
  it('are its platform, and the size of its manifest and blobs', async () => {
    const { store, content } = await registryWith((memory) => writeImage(memory, 'r.example/a:1'));
    const facts = await readImageFacts(new Documents(store, 'a'), '1');
    const total = [...content.blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(facts).toMatchObject({ platforms: ['linux/amd64'], size: total });
    expect(facts?.images).toHaveLength(1);
  });

  it('of an index are those of its images', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const { store } = await registryWith((memory) =>
      writeIndex(memory, 'r.example/a:1', platforms),
    );
    const facts = await readImageFacts(new Documents(store, 'a'), '1');
    expect(facts?.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(facts?.images).toHaveLength(2);
  });

  it('of an artifact name no platform', async () => {
    const store = new RegistryStore(await temporaryFolder());
    const config = {
      ...(await putBlob(store, 'a', Buffer.from('{}'))),
      mediaType: MediaType.empty,
    };
    const bytes = formatManifest(config, []);
    await putManifest(store, 'a', { mediaType: MediaType.manifest, bytes, tags: ['1'] });
    expect(await readImageFacts(new Documents(store, 'a'), '1')).toMatchObject({ platforms: [] });
  });

  it('are none where there is no image, or it cannot be read', async () => {
    const store = new RegistryStore(await temporaryFolder());
    expect(await readImageFacts(new Documents(store, 'a'), '1')).toBeUndefined();
    const bad = await putBlob(store, 'a', Buffer.from('not JSON'));
    const bytes = formatManifest({ ...bad, mediaType: MediaType.config }, []);
    await putManifest(store, 'a', { mediaType: MediaType.manifest, bytes, tags: ['1'] });
    expect(await readImageFacts(new Documents(store, 'a'), '1')).toBeUndefined();
  });

  it('pass on a failure that is not about the content', async () => {
    const store = new RegistryStore(await temporaryFolder());
    const broken = Object.assign(store, { manifest: () => Promise.reject(new TypeError('mine')) });
    await expect(readImageFacts(new Documents(broken, 'a'), '1')).rejects.toThrow('mine');
  });
});
