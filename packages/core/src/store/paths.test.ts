import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { digestOf, type Digest } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { copy } from '../transfer/copy.js';
import { collect } from './collect.js';
import { FileStore } from './file-store.js';
import { collectGarbage } from '../registry/storage/collect-registry.js';
import * as hosted from '../registry/storage/registry-paths.js';
import { tagsIn } from '../registry/storage/list-repositories.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { openLayout } from './layout-dir.js';
import { listNames, writeNames } from './names.js';
import * as embedded from './paths.js';

const root = resolve('/srv/registry');
const good = digestOf(Buffer.from('x'));
/** Unchecked text as a digest, as a malicious upstream could send it. */
const asDigest = (text: string): Digest => `sha256:${text}`;

const WRONG = ['../../outside/x', '..', '.', '', '/etc/x', 'a/../../b', 'a\0b', '..\\x', 'a b'];

describe('a path from a name', () => {
  it.each<[string, (name: string) => unknown]>([
    ['a blob', (name) => embedded.blobFile(root, asDigest(name))],
    ['an image', (name) => embedded.imageFile(root, asDigest(name))],
    ['a partial blob', (name) => embedded.partialFile(root, asDigest(name))],
    ['a lock', (name) => embedded.fetchLock(root, asDigest(name))],
    ['a tag', (name) => hosted.tagLink(root, 'a', name)],
    ['a repository', (name) => hosted.repositoryFolder(root, name)],
    ['a folder of links', (name) => hosted.linkFolder(root, name, '_tags')],
    ['a blob link', (name) => hosted.blobLink(root, 'a', asDigest(name))],
    ['a link of a repository', (name) => hosted.blobLink(root, name, good)],
    ['a manifest link', (name) => hosted.manifestLink(root, 'a', asDigest(name))],
    ['referrers', (name) => hosted.referrersFolder(root, 'a', asDigest(name))],
    [
      'a referrer',
      (name) => hosted.referrerLink(root, 'a', { subject: good, digest: asDigest(name) }),
    ],
    ['an upload', (name) => hosted.uploadFile(root, 'a', { id: name, writer: 'x' })],
    ['trash', (name) => hosted.trashFile(root, asDigest(name))],
    ['trash of a repository', (name) => hosted.trashFile(root, good, name)],
    ['quarantine', (name) => hosted.quarantineFile(root, asDigest(name))],
    [
      'a tag of the embedded store',
      (name) => embedded.tagFile(root, { registry: 'x.io', repository: 'a' }, name),
    ],
    [
      'a repository of the embedded store',
      (name) => embedded.tagFile(root, { registry: 'x.io', repository: name }, 'v1'),
    ],
    [
      'a registry of the embedded store',
      (name) => embedded.tagFile(root, { registry: name, repository: 'a' }, 'v1'),
    ],
  ])('%s never leaves the root', (_, pathOf) => {
    for (const name of WRONG)
      expect(() => pathOf(name), JSON.stringify(name)).toThrow(
        expect.objectContaining({ name: 'ImageError' }) as Error,
      );
  });
});

it('refuses an upstream tag that is a path, and writes nothing', async () => {
  const top = await temporaryFolder();
  const store = new RegistryStore(join(top, 'registry'));
  const bytes = Buffer.from('{}');
  const descriptor = { mediaType: 'text/plain', digest: digestOf(bytes), size: 2 };
  const manifest = { descriptor, children: [], bytes };
  await expect(store.mirrorManifest('a', manifest, '../../../../outside/x')).rejects.toMatchObject({
    code: 'INVALID',
  });
  await expect(store.putManifest('a', manifest, ['../x'])).rejects.toMatchObject({
    code: 'INVALID',
  });
  expect(await readdir(top)).not.toContain('outside');
  expect(await store.tags('a')).toBeUndefined();
});

it('refuses a layout with a digest that is a path', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'secret'), 'secret');
  const entry = { mediaType: 'text/plain', digest: 'sha256:../../secret', size: 6 };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ manifests: [entry] }));
  await expect(openLayout(folder)).rejects.toMatchObject({ code: 'INVALID' });
});

describe('foreign files in a registry folder', () => {
  it('are skipped if they are symbolic links or their names are not valid repositories or tags', async () => {
    const folder = await temporaryFolder();
    const store = new RegistryStore(folder);
    const bytes = Buffer.from('{}');
    const descriptor = { mediaType: 'text/plain', digest: digestOf(bytes), size: 2 };
    await store.putManifest('team/app', { descriptor, children: [], bytes }, ['v1']);
    const repositories = join(folder, 'repositories');
    await mkdir(join(repositories, 'Not A Name/_tags'), { recursive: true });
    await writeFile(join(repositories, 'team/app/_tags/no tag'), descriptor.digest);
    await symlink(folder, join(repositories, 'loop'));
    await symlink('/etc/passwd', join(repositories, 'team/app/_tags/link'));
    expect(await store.repositories()).toEqual(['team/app']);
    expect(await tagsIn(folder, 'team/app')).toEqual(['v1']);
    expect(await store.tagged('team/app', 'link')).toBeUndefined();
    expect(await store.removeManifest('team/app', descriptor.digest)).toBe(true);
  });

  it('make writes and deletions fail if they are symbolic links to a folder', async () => {
    const top = await temporaryFolder();
    const outside = join(top, 'outside');
    await mkdir(join(outside, '_tags'), { recursive: true });
    await writeFile(join(outside, 'precious'), '');
    const long = new Date(0);
    await utimes(join(outside, 'precious'), long, long);
    const bytes = Buffer.from('{}');
    const descriptor = { mediaType: MediaType.index, digest: digestOf(bytes), size: 2 };
    const manifest = { descriptor, children: [], bytes };
    const refused = { code: 'INVALID' };
    for (const link of [
      'partial',
      'blobs',
      'trash',
      'repositories',
      'repositories/a',
      'repositories/a/_uploads',
      'repositories/a/_manifests',
    ]) {
      const root = join(top, `registry-${link.replaceAll('/', '-')}`);
      const store = new RegistryStore(root);
      await mkdir(join(root, link, '..'), { recursive: true });
      await symlink(outside, join(root, link));
      if (link !== 'trash' && !link.endsWith('_uploads'))
        await expect(store.putManifest('a', manifest, ['v1']), link).rejects.toMatchObject(refused);
      if (
        link !== 'partial' &&
        link !== 'blobs' &&
        !link.endsWith('_manifests') &&
        link !== 'trash'
      )
        await expect(store.uploads.start('a'), link).rejects.toMatchObject(refused);
      const collecting = collectGarbage(root, { now: Date.now(), grace: 0, uploadGrace: 0 });
      await expect(collecting, link).rejects.toMatchObject(refused);
      expect(await readdir(outside), link).toEqual(['_tags', 'precious']);
    }
    const cache = join(top, 'cache');
    await mkdir(cache);
    await symlink(outside, join(cache, 'partial'));
    const embeddedStore = new FileStore(cache);
    await expect(
      collect(embeddedStore, cache, { now: Date.now(), grace: 0 }),
    ).rejects.toMatchObject(refused);
    const image = await storeWith('app:1');
    await expect(copy(image, undefined, embeddedStore)).rejects.toMatchObject(refused);
    expect(await readdir(outside)).toEqual(['_tags', 'precious']);
  });

  it('are not served as blobs if they are symbolic links', async () => {
    const folder = await temporaryFolder();
    const store = new RegistryStore(folder);
    const secret = join(await temporaryFolder(), 'secret');
    await writeFile(secret, 'secret');
    await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
    await symlink(secret, embedded.blobFile(folder, good));
    const read = store.read('a', { mediaType: 'text/plain', digest: good, size: 6 });
    await expect(read.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('lists names sorted, and images without a name last', async () => {
  const folder = await temporaryFolder();
  const descriptor = { mediaType: 'text/plain', digest: good, size: 1 };
  const unnamed = { ...descriptor, digest: digestOf(Buffer.from('y')) };
  const names = ['a:2', 'a:B', 'a:b', 'a/b:1', 'a-b:1'].map((name) => `example.com/${name}`);
  await writeNames(folder, [{ descriptor: unnamed }]);
  for (const name of names) await writeNames(folder, [{ descriptor, reference: name }]);
  const listed = (await listNames(folder)).map(({ reference }) => reference);
  expect(listed).toEqual([...names.sort(), undefined]);
});

it('stores names of any length in the embedded store, and lists them unchanged', async () => {
  const folder = await temporaryFolder();
  const references = [
    `docker.io/library/app:${'V'.repeat(128)}`,
    `${'X'.repeat(200)}.example.com:5000/app:v1`,
    `example.com/con.${'a'.repeat(230)}:V1.`,
    `example.com/${'a'.repeat(230)}.partial:v1.partial`,
  ];
  const descriptor = { mediaType: 'text/plain', digest: good, size: 1 };
  for (const reference of references) await writeNames(folder, [{ descriptor, reference }]);
  const listed = (await listNames(folder)).map(({ reference }) => reference);
  expect(listed.sort()).toEqual([...references].sort());
  for (const path of await readdir(folder, { recursive: true }))
    for (const part of relative('.', path).split(/[\\/]/)) expect(part.length).toBeLessThan(256);
});
