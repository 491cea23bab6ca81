import { mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { ImageError } from '../../errors.js';
import { describe as descriptorOf, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { oneChunk } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { collectGarbage } from './collect-registry.js';
import { RegistryStore } from './registry-store.js';
import { scrub } from './scrub.js';

const bytesOf = (text: string) => Buffer.from(text.repeat(50));

async function putBlob(
  store: RegistryStore,
  repository: string,
  text: string,
): Promise<Descriptor> {
  const bytes = bytesOf(text);
  const descriptor = descriptorOf('text/plain', bytes);
  const id = await store.uploads.start(repository);
  await store.uploads.append(repository, id, oneChunk(bytes));
  await store.uploads.finish(repository, id, descriptor.digest);
  return descriptor;
}

/** Stores an image as the request handler does, after its layers. */
async function putImage(
  store: RegistryStore,
  repository: string,
  tag: string,
  layers: Descriptor[],
) {
  const bytes = Buffer.from(JSON.stringify({ tag, layers }));
  const descriptor = descriptorOf(MediaType.manifest, bytes);
  const children = layers.map(({ digest }) => digest);
  await store.putManifest(repository, { descriptor, children, bytes }, [tag]);
  return descriptor;
}

async function expectComplete(
  store: RegistryStore,
  repository: string,
  digest: Digest,
): Promise<void> {
  const link = await store.readLink(repository, digest);
  if (!link) throw new Error(`${repository}: ${digest} does not exist`);
  for (const each of [digest, ...link.children]) {
    const blob = await store.blob(repository, each);
    if (!blob)
      throw new Error(`${repository}: ${each}, which ${digest} references, does not exist`);
    await readAll(store.read(repository, blob));
  }
}

/** Sets the time of every file of a registry to an hour ago. */
async function age(root: string): Promise<void> {
  const long = new Date(Date.now() - 3_600_000);
  for (const each of await readdir(root, { recursive: true, withFileTypes: true }))
    if (each.isFile()) await utimes(join(each.parentPath, each.name), long, long);
}

const blobsIn = async (root: string) => (await readdir(join(root, 'blobs/sha256'))).sort();

it('keeps content marked as in use within the grace, and deletes older garbage', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const kept = await putBlob(store, 'a', 'kept');
  const mounted = await putBlob(store, 'a', 'mounted');
  const loose = await putBlob(store, 'a', 'loose');
  await putImage(store, 'a', '1', [kept]);
  await age(root);
  const collect = () =>
    collectGarbage(root, { now: Date.now(), grace: 60_000, uploadGrace: 60_000 });
  expect(await store.mount('b', mounted.digest, 'a')).toBe(true);
  expect((await collect()).blobs).toEqual([loose.digest]);
  expect(await store.blob('a', loose.digest)).toBeUndefined();
  await age(root);
  // A request for a blob marks it as in use.
  expect(await store.blob('b', mounted.digest)).toBeDefined();
  expect((await collect()).blobs).toEqual([]);
  await age(root);
  expect((await collect()).blobs).toEqual([mounted.digest]);
  await store.removeTag('a', '1');
  await age(root);
  // A manifest without a tag is still an image.
  expect((await collect()).blobs).toEqual([]);
});

it('restores the trash of an interrupted garbage collection', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const blob = await putBlob(store, 'a', 'kept');
  const { digest } = await putImage(store, 'a', '1', [blob]);
  const [name] = [blob.digest.replace('sha256:', '')];
  await mkdir(join(root, 'trash'));
  await mkdir(join(root, 'repositories/a/_trash'));
  await rename(join(root, 'blobs/sha256', name), join(root, 'trash', `sha256-${name}`));
  await rename(
    join(root, 'repositories/a/_blobs', `sha256-${name}`),
    join(root, 'repositories/a/_trash', `sha256-${name}`),
  );
  await collectGarbage(root, { now: Date.now(), grace: 0, uploadGrace: 0 });
  await expectComplete(store, 'a', digest);
});

it(
  'loses nothing while 100 clients push, mount and delete, and leaves no garbage',
  { timeout: 60_000 },
  async () => {
    const root = await temporaryFolder();
    // Two processes share the folder.
    const stores = [new RegistryStore(root), new RegistryStore(root)];
    const storeOf = (at: number) => stores[at % 2] ?? new RegistryStore(root);
    const grace = 500;
    let running = true;
    let collections = 0;
    const collecting = (async () => {
      while (running) {
        await collectGarbage(root, { now: Date.now(), grace, uploadGrace: 60_000 });
        collections++;
      }
    })();
    const images: { repository: string; digest: Digest }[] = [];
    /** A push slower than the grace fails with INCOMPLETE, and is repeated. */
    const pushImage = async (
      store: RegistryStore,
      repository: string,
      at: number,
      round: number,
    ): Promise<Descriptor> => {
      // A layer of all images, one of some images, and one of this image only.
      const texts = ['all', `some ${(at + round) % 7}`, `own ${at} ${round}`];
      const layers: Descriptor[] = [];
      for (const text of texts) layers.push(await putBlob(store, repository, text));
      const [shared] = layers;
      if (shared) await store.mount(`other${at % 3}`, shared.digest, repository);
      try {
        return await putImage(store, repository, `t${at}-${round}`, layers);
      } catch (error) {
        if (!(error instanceof ImageError) || error.code !== 'INCOMPLETE') throw error;
        return pushImage(store, repository, at, round);
      }
    };
    const push = async (at: number): Promise<void> => {
      const store = storeOf(at);
      const repository = `team${at % 5}`;
      for (let round = 0; round < 2; round++) {
        const { digest } = await pushImage(store, repository, at, round);
        await expectComplete(store, repository, digest);
        if (round % 2 === 0) await store.removeManifest(repository, digest);
        else images.push({ repository, digest });
      }
    };
    await Promise.all(Array.from({ length: 100 }, (_, at) => push(at)));
    running = false;
    await collecting;
    expect(collections).toBeGreaterThan(1);
    for (const { repository, digest } of images)
      await expectComplete(storeOf(0), repository, digest);
    expect(await scrub(root)).toMatchObject({ damaged: [] });
    await age(root);
    for (const _ of [1, 2]) await collectGarbage(root, { now: Date.now(), grace, uploadGrace: 0 });
    const needed = new Set<string>();
    for (const { repository, digest } of images)
      for (const each of [
        digest,
        ...((await storeOf(0).readLink(repository, digest))?.children ?? []),
      ])
        needed.add(each.replace('sha256:', ''));
    expect(await blobsIn(root)).toEqual([...needed].sort());
  },
);

it('reports the images that a damaged blob affects', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const blob = await putBlob(store, 'a', 'some');
  const image = await putImage(store, 'a', '1', [blob]);
  await store.mount('b', blob.digest, 'a');
  const other = await putImage(store, 'b', '2', [blob]);
  const path = join(root, 'blobs/sha256', blob.digest.replace('sha256:', ''));
  await writeFile(path, bytesOf('soma'));
  const { damaged, blobs } = await scrub(root, { rate: 1e9 });
  expect(blobs).toBe(3);
  expect(damaged).toEqual([
    {
      digest: blob.digest,
      images: expect.arrayContaining([`a@${image.digest}`, `b@${other.digest}`]) as string[],
    },
  ]);
  expect(await store.blob('a', blob.digest)).toBeUndefined();
  await putBlob(store, 'a', 'some');
  await expectComplete(store, 'a', image.digest);
  await expectComplete(store, 'b', other.digest);
  // A damaged manifest is reported absent until it is pushed again.
  const manifest = join(root, 'blobs/sha256', image.digest.replace('sha256:', ''));
  const bytes = await readFile(manifest);
  await writeFile(manifest, bytes.toString().replace('text/plain', 'text/plaim'));
  await expect(readAll(new RegistryStore(root).read('a', image))).rejects.toMatchObject({
    code: 'CORRUPT',
  });
  expect(await scrub(root)).toMatchObject({ damaged: [{ digest: image.digest }] });
  expect(await store.manifest('a', '1')).toBeUndefined();
  await putImage(store, 'a', '1', [blob]);
  await expectComplete(store, 'a', image.digest);
});

it('refuses writes beyond its quota, and accepts them when space is free again', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root, { maxUsed: 300_000 });
  const kept = await putBlob(store, 'a', 'kept'.repeat(500));
  const image = await putImage(store, 'a', '1', [kept]);
  const tooMuch = putBlob(store, 'a', 'more'.repeat(1500));
  await expect(tooMuch).rejects.toMatchObject({ code: 'NO_SPACE' });
  // The upload was deleted: what is smaller fits.
  expect(await readdir(join(root, 'repositories/a/_uploads'))).toEqual([]);
  const full = new RegistryStore(root, { maxUsed: 1 });
  await expect(putImage(full, 'a', '2', [kept])).rejects.toMatchObject({ code: 'NO_SPACE' });
  await expect(full.uploads.start('a')).rejects.toMatchObject({ code: 'NO_SPACE' });
  await expect(full.mount('b', kept.digest, 'a')).rejects.toMatchObject({ code: 'NO_SPACE' });
  await expectComplete(store, 'a', image.digest);
  await store.removeManifest('a', image.digest);
  await age(root);
  await collectGarbage(root, { now: Date.now(), grace: 0, uploadGrace: 0 });
  await expect
    .poll(
      () =>
        putBlob(store, 'a', 'other').then(
          ({ size }) => size,
          () => 0,
        ),
      { timeout: 5_000 },
    )
    .toBe(250);
});
