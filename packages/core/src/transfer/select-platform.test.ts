import { expect, it } from 'vitest';
import { writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { describe as descriptorOf, type Descriptor } from '../oci/descriptor.js';
import { formatIndex, parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { parsePlatform } from '../oci/platform.js';
import { oneChunk } from './copy.js';
import { selectPlatform } from './select-platform.js';
import { readContent } from './verified.js';

async function putIndex(store: MemoryStore, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const bytes = formatIndex(manifests);
  const descriptor = descriptorOf(MediaType.index, bytes);
  await store.write(descriptor, () => oneChunk(bytes));
  return descriptor;
}

const AMD64 = parsePlatform('linux/amd64');
const ARM64 = parsePlatform('linux/arm64');

it('selects the image of a platform, also in an index inside an index', async () => {
  const store = new MemoryStore();
  const inner = await writeIndex(store, 'multi:1', [AMD64, ARM64]);
  const outer = await putIndex(store, [inner]);
  const manifest = parseManifest(inner.mediaType, await readContent(store, inner));
  const [amd64, arm64] = manifest.kind === 'index' ? manifest.manifests : [];
  for (const root of [inner, outer]) {
    expect((await selectPlatform(store, root, ARM64)).digest).toBe(arm64?.digest);
    expect((await selectPlatform(store, root, AMD64)).digest).toBe(amd64?.digest);
  }
});

it('lists the platforms that there are when the wanted one is missing', async () => {
  const store = new MemoryStore();
  const index = await writeIndex(store, 'multi:1', [AMD64, ARM64]);
  await expect(selectPlatform(store, index, parsePlatform('linux/s390x'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'memory:: no image for linux/s390x, only for linux/amd64, linux/arm64',
  });
});

it('returns an image that is not an index as it is', async () => {
  const store = new MemoryStore();
  const image = await writeImage(store, 'one:1');
  expect(await selectPlatform(store, image, ARM64)).toBe(image);
});

it('refuses indexes that are nested too deeply', async () => {
  const store = new MemoryStore();
  let root = await writeIndex(store, 'multi:1', [AMD64]);
  for (let depth = 0; depth < 40; depth++) root = await putIndex(store, [root]);
  await expect(selectPlatform(store, root, AMD64)).rejects.toMatchObject({ code: 'TOO_LARGE' });
});
