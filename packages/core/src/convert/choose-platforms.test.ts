import { describe, expect, it } from 'vitest';
import { put, storeWith, writeIndex, writeReferrer } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import type { Digest } from '../oci/digest.js';
import { ATTESTS, parseManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { parsePlatform } from '../oci/platform.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { withPlatforms } from './choose-platforms.js';

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map(parsePlatform);

/** A store with an index of three platforms, an attestation of each, and a referrer of the index and of each image. */
async function start() {
  const store = new MemoryStore();
  const plain = await writeIndex(store, 'app:1', PLATFORMS);
  const parsed = parseManifest(plain.mediaType, await readContent(store, plain));
  const images = parsed.kind === 'index' ? parsed.manifests : [];
  const manifests: object[] = [...images];
  const empty = await put(store, 'application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  for (const { digest } of images) {
    const about = { schemaVersion: 2, config: empty, layers: [], annotations: { about: digest } };
    const bytes = Buffer.from(JSON.stringify(about));
    const attestation = await put(store, MediaType.manifest, bytes);
    manifests.push({ ...attestation, annotations: { [ATTESTS]: digest } });
  }
  const document = { schemaVersion: 2, mediaType: MediaType.index, manifests, own: 'field' };
  const index = await put(store, MediaType.index, Buffer.from(JSON.stringify(document)));
  await store.begin(await walk(store, index));
  await store.tag(index, 'app:1');
  await store.commit();
  for (const each of [index, ...images])
    await writeReferrer(store, each, { artifactType: 'x/sbom' });
  const notices: string[] = [];
  const choose = (...platforms: readonly string[]) =>
    withPlatforms(store, {
      platforms: platforms.map(parsePlatform),
      onNotice: (text) => notices.push(text),
    });
  return { store, index, images, manifests, notices, choose };
}

describe('the images of chosen platforms', () => {
  it('are the image itself, of one', async () => {
    const { choose, images, index, notices } = await start();
    const source = choose('linux/arm64');
    const found = await source.resolve('app:1');
    expect(found).toMatchObject({
      reference: 'docker.io/library/app:1',
      descriptor: { digest: images[1]?.digest },
      index: index.digest,
    });
    expect(await source.resolve(images[1]?.digest)).toEqual(found);
    expect(notices).toEqual([expect.stringContaining('left out: an attestation')]);
  });

  it('are an index of these and their attestations, of several', async () => {
    const { choose, manifests, index, notices } = await start();
    const source = choose('linux/arm64', 's390x');
    const { descriptor, ...named } = await source.resolve('app:1');
    expect(named.index).toBe(index.digest);
    const document: unknown = JSON.parse((await readContent(source, descriptor)).toString());
    expect(document).toEqual({
      ...{ schemaVersion: 2, mediaType: MediaType.index, own: 'field' },
      manifests: [1, 2, 4, 5].map((at) => manifests[at]),
    });
    expect(imagesOf(await walk(source, descriptor))).toHaveLength(2);
    expect(notices).toEqual([]);
  });

  it('are the index as it is, of all of its platforms', async () => {
    const { choose, index } = await start();
    const found = await choose('linux/amd64', 'arm64', 's390x').resolve('app:1');
    expect(found.descriptor.digest).toBe(index.digest);
    expect(found.index).toBeUndefined();
  });

  it('are listed with their referrers, and without those of others', async () => {
    const { choose, store, images, notices } = await start();
    const subjects: (Digest | undefined)[] = [];
    for await (const { descriptor } of choose('linux/arm64').list()) {
      const manifest = parseManifest(descriptor.mediaType, await readContent(store, descriptor));
      if (manifest.subject) subjects.push(manifest.subject.digest);
    }
    expect(subjects).toEqual([images[1]?.digest]);
    expect(notices.filter((text) => text.includes('it refers to'))).toHaveLength(3);
  });

  it.each([
    ['of an index', ['linux/arm64', 'linux/riscv64'], /only for linux\/amd64, linux\/arm64/],
    ['of an index that names it without having it', ['linux/amd64'], /only for linux\/arm64, li/],
  ])('must be there: one %s', async (_what, platforms, message) => {
    const { choose, store, images } = await start();
    if (platforms.length === 1) store.blobs.delete(images[0]?.digest ?? 'sha256:');
    await expect(choose(...platforms).resolve('app:1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(message) as string,
    });
  });

  it('must be there: that of an image without an index', async () => {
    const store = await storeWith('app:1');
    const choose = (...platforms: readonly string[]) =>
      withPlatforms(store, { platforms: platforms.map(parsePlatform) }).resolve('app:1');
    expect(await choose('amd64')).toEqual(await store.resolve('app:1'));
    await expect(choose('amd64', 'arm64')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'memory:: no image for linux/arm64, only for linux/amd64',
    });
  });
});
