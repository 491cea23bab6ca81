import { lstat, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { describe as descriptorOf, type Descriptor } from '../../oci/descriptor.js';
import { digestOf } from '../../oci/digest.js';
import { referrerOf, parseManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { collectGarbage } from './collect-registry.js';
import { RegistryStore } from './registry-store.js';

const NAMES = {
  capitals: 'V'.repeat(128),
  device: `con.${'a'.repeat(251)}`,
  partial: `${'a'.repeat(247)}.partial`,
  deep: Array.from({ length: 128 }, () => 'a').join('/'),
};

async function putManifest(
  store: RegistryStore,
  repository: string,
  fields: object,
  tags: readonly string[] = [],
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], ...fields }));
  const manifest = parseManifest(MediaType.index, bytes);
  const descriptor = referrerOf(descriptorOf(MediaType.index, bytes), manifest, bytes);
  const subject = manifest.subject?.digest;
  await store.putManifest(repository, { descriptor, subject, children: [], bytes }, tags);
  return descriptor;
}

async function allOf(found: AsyncIterable<Descriptor>): Promise<Descriptor[]> {
  const all: Descriptor[] = [];
  for await (const each of found) all.push(each);
  return all;
}

const space = async (root: string): Promise<number> => {
  let used = 0;
  for (const path of ['', ...(await readdir(root, { recursive: true }))])
    used += (await lstat(join(root, path))).blocks * 512;
  return used;
};

describe('names of any length', () => {
  it.each([NAMES.device, NAMES.partial, NAMES.deep])('%s is a repository', async (repository) => {
    const store = new RegistryStore(await temporaryFolder());
    const tags = [NAMES.capitals, NAMES.capitals.toLowerCase(), 'V1.'];
    const { digest } = await putManifest(store, repository, {}, tags);
    expect(await store.repositories()).toEqual([repository]);
    expect(await store.tags(repository)).toEqual([...tags].sort());
    for (const tag of tags) expect((await store.manifest(repository, tag))?.digest).toBe(digest);
    expect(await store.removeTag(repository, NAMES.capitals)).toBe(true);
    expect(await store.tags(repository)).toEqual(tags.slice(1).sort());
    expect(await store.removeManifest(repository, digest)).toBe(true);
    expect(await store.tags(repository)).toEqual([]);
  });
});

describe('referrers', () => {
  it('are read lazily, with all annotations, which links do not store', async () => {
    const root = await temporaryFolder();
    const store = new RegistryStore(root);
    const subject = descriptorOf(MediaType.index, Buffer.from('subject'));
    const put = (at: number) =>
      putManifest(store, 'a', {
        subject,
        artifactType: at % 2 === 0 ? 'text/even' : 'text/odd',
        annotations: { long: `${at}`.repeat(500_000) },
      });
    const all: Descriptor[] = [];
    for (let at = 0; at < 4; at++) all.push(await put(at));
    all.sort((one, other) => (one.digest < other.digest ? -1 : 1));
    const [first, second, ...more] = all;
    const links = join(root, 'repositories/a/_manifests');
    for (const name of await readdir(links))
      expect((await readFile(join(links, name))).byteLength).toBeLessThan(1000);
    expect(await allOf(store.referrers('a', subject.digest))).toEqual(all);
    const after = store.referrers('a', subject.digest, { after: second?.digest });
    expect(await allOf(after)).toEqual(more);
    const odd = store.referrers('a', subject.digest, { artifactType: 'text/odd' });
    expect(await allOf(odd)).toEqual(all.filter(({ artifactType }) => artifactType === 'text/odd'));
    // Later referrers are not read before the consumer asks for them.
    const reading = store.referrers('a', subject.digest);
    expect((await reading.next()).value).toEqual(first);
    if (second) await store.removeManifest('a', second.digest);
    expect((await reading.next()).value).toEqual(more[0]);
  });
});

describe('a quota', () => {
  const KIB = 1024;
  it.each<[string, (store: RegistryStore, at: number) => Promise<unknown>]>([
    ['empty uploads', (store) => store.uploads.start('a')],
    ['empty uploads of many repositories', (store, at) => store.uploads.start(`team/a${at}`)],
    ['small manifests', (store, at) => putManifest(store, 'a', { annotations: { at: `${at}` } })],
    [
      'referrers of many subjects',
      (store, at) => {
        const digest = digestOf(Buffer.from(`${at}`));
        return putManifest(store, 'a', {
          subject: { mediaType: MediaType.index, digest, size: 1 },
        });
      },
    ],
  ])('counts %s', async (_, write) => {
    const root = await temporaryFolder();
    const maxUsed = 512 * KIB;
    const store = new RegistryStore(root, { maxUsed });
    let writes = 0;
    const fill = async (): Promise<void> => {
      for (; writes < 2000; writes++) await write(store, writes);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'NO_SPACE' });
    // The last write may exceed the quota slightly.
    expect(await space(root)).toBeLessThan(maxUsed + 64 * KIB);
    expect(writes).toBeGreaterThan(10);
    // Another process counts the existing files, and refuses more, too.
    await expect(
      (async () => {
        const other = new RegistryStore(root, { maxUsed });
        for (let at = 0; at < 2000; at++) await write(other, at + 5000);
      })(),
    ).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await space(root)).toBeLessThan(2 * maxUsed);
  });

  it('counts mounted blobs', async () => {
    const root = await temporaryFolder();
    const store = new RegistryStore(root, { maxUsed: 256 * KIB });
    const { digest } = await putManifest(store, 'a', {});
    const fill = async (): Promise<void> => {
      for (let at = 0; at < 1000; at++) await store.mount(`b${at}`, digest, 'a');
    };
    await expect(fill()).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await space(root)).toBeLessThan(320 * KIB);
  });
});

it('deletes abandoned uploads and the folders created for them', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  await putManifest(store, 'team/kept', {}, ['v1']);
  const id = await store.uploads.start('team/kept');
  for (let at = 0; at < 20; at++) await store.uploads.start(`team/a${at}`);
  const times = { grace: 60_000, uploadGrace: 60_000 };
  expect((await collectGarbage(root, { now: Date.now(), ...times })).uploads).toBe(0);
  const age = async (): Promise<void> => {
    const long = new Date(Date.now() - 3_600_000);
    for (const path of await readdir(root, { recursive: true }))
      await utimes(join(root, path), long, long);
  };
  await age();
  expect((await collectGarbage(root, { now: Date.now(), ...times })).uploads).toBe(21);
  // An empty folder is removed after the same time.
  for (let level = 0; level < 3; level++) {
    await age();
    await collectGarbage(root, { now: Date.now(), ...times });
  }
  expect(await readdir(join(root, 'repositories/team'))).toEqual(['kept']);
  await expect(store.uploads.size('team/kept', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await store.uploads.start('team/a1');
  expect(await store.repositories()).toEqual(['team/kept']);
});
