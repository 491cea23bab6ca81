import { expect, it } from 'vitest';
import { put, writeImage, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { describe as descriptorOf, type Descriptor } from '../../oci/descriptor.js';
import { formatIndex, parseManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { parsePlatform } from '../../oci/platform.js';
import { selectPlatform } from './select-platform.js';
import type { Source } from '../store.js';
import { readContent } from '../verified.js';

const putIndex = (store: MemoryStore, manifests: readonly Descriptor[]) =>
  put(store, MediaType.index, formatIndex(manifests));

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

/** A source that, as a registry does, tells only by reading what it lacks, and that notes what is read. */
function askedByReading(store: MemoryStore) {
  const asked: string[] = [];
  const source: Source = {
    location: store.location,
    list: () => store.list(),
    resolve: (reference) => store.resolve(reference),
    has: async () => true,
    read: (descriptor, options) => {
      asked.push(descriptor.digest);
      return store.read(descriptor, options);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { source, asked };
}

it('reads the configs of entries without a platform only where no stated one fits', async () => {
  const store = new MemoryStore();
  const stated = { ...(await writeImage(store, undefined, { platform: ARM64 })), platform: ARM64 };
  const unstated = await writeImage(store, undefined, { platform: AMD64 });
  const absent = descriptorOf(MediaType.manifest, Buffer.from('gone'));
  const inner = descriptorOf(MediaType.index, Buffer.from('an index that is gone'));
  const root = await putIndex(store, [absent, inner, unstated, stated]);
  const { source, asked } = askedByReading(store);
  expect(await selectPlatform(source, root, ARM64)).toEqual(stated);
  expect(asked).toEqual([root.digest, inner.digest]);
  expect(await selectPlatform(source, root, AMD64)).toEqual(unstated);
  await expect(selectPlatform(source, root, parsePlatform('linux/s390x'))).rejects.toThrow(
    'no image for linux/s390x, only for linux/amd64, linux/arm64',
  );
});
