import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { copy } from '../transfer/copy.js';
import { CachedSource } from './cached-source.js';
import { FileStore } from './file-store.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { LayoutSink } from './layout-sink.js';
import { scrub } from '../registry/storage/scrub.js';

const REFERENCE = 'example.com/app:V1';
const modeOf = async (path: string) => ((await lstat(path)).mode & 0o777).toString(8);

async function fillRegistry(root: string): Promise<void> {
  const store = new RegistryStore(root);
  const bytes = Buffer.from('{}');
  const descriptor = descriptorOf(MediaType.index, bytes);
  await store.putManifest('team/a', { descriptor, children: [], bytes }, ['v1']);
  await store.mount('b', descriptor.digest, 'team/a');
  await store.uploads.start('team/a');
  await scrub(root);
}

async function fillCache(root: string): Promise<void> {
  // Large enough to be fetched with a resumable partial file.
  const content = await storeWith(REFERENCE, { bytes: 3_000_000 });
  const source = new CachedSource(root, { location: 'docker://x', open: async () => content });
  const { descriptor } = await source.resolve(REFERENCE);
  await copy(source, descriptor.digest, new FileStore(join(root, '..', 'other')));
}

async function fillStore(root: string): Promise<void> {
  const store = new FileStore(root);
  await copy(await storeWith(REFERENCE), undefined, store);
  await store.commit();
}

const everythingIn = async (root: string) => [
  root,
  ...(await readdir(root, { recursive: true })).map((path) => join(root, path)),
];

// Windows has no POSIX file modes.
describe.skipIf(process.platform === 'win32')('file modes', () => {
  it.each<[string, (root: string) => Promise<void>]>([
    ['a registry', fillRegistry],
    ['the cache', fillCache],
    ['the embedded store', fillStore],
  ])(
    '%s is accessible to its owner only; a created parent folder follows the umask',
    async (_, write) => {
      const top = await temporaryFolder();
      const root = join(top, 'above/root');
      await write(root);
      expect(await modeOf(join(top, 'above'))).toBe((0o777 & ~process.umask()).toString(8));
      for (const path of await everythingIn(root)) {
        const isFolder = (await lstat(path)).isDirectory();
        expect([path, await modeOf(path)]).toEqual([path, isFolder ? '700' : '600']);
      }
    },
  );

  it('an existing folder keeps its mode', async () => {
    const root = join(await temporaryFolder(), 'registry');
    await mkdir(root);
    await chmod(root, 0o755);
    await fillRegistry(root);
    expect(await modeOf(root)).toBe('755');
    expect(await modeOf(join(root, 'blobs'))).toBe('700');
  });

  it('a layout folder follows the umask', async () => {
    const root = join(await temporaryFolder(), 'layout');
    await using sink = new LayoutSink(root);
    await copy(await storeWith(REFERENCE), undefined, sink);
    await sink.commit();
    for (const path of await everythingIn(root)) {
      const all = (await lstat(path)).isDirectory() ? 0o777 : 0o666;
      expect([path, await modeOf(path)]).toEqual([path, (all & ~process.umask()).toString(8)]);
    }
  });
});
