import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { watchSyncs } from '../../testing/power-cut.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { copy, oneChunk } from '../transfer/copy.js';
import type { Sink } from '../transfer/store.js';
import { FileStore } from './file-store.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { LayoutSink } from './layout-sink.js';
import { resumeBlob } from './resume-blob.js';

const REFERENCE = `example.com/${'a'.repeat(60)}/app:${'V'.repeat(128)}`;
const bytes = Buffer.from('some content');
const blob = descriptorOf('text/plain', bytes);

async function fill(sink: Sink): Promise<void> {
  await copy(await storeWith(REFERENCE, { bytes: 5000 }), undefined, sink);
  await sink.commit();
  await sink[Symbol.asyncDispose]();
}

async function fillRegistry(root: string): Promise<void> {
  const store = new RegistryStore(root);
  const put = async (repository: string) => {
    const id = await store.uploads.start(repository);
    await store.uploads.append(repository, id, oneChunk(bytes));
    await store.uploads.finish(repository, id, blob.digest);
    const manifest = Buffer.from(JSON.stringify({ repository, layers: [blob] }));
    const descriptor = descriptorOf(MediaType.manifest, manifest);
    const children = [blob.digest];
    await store.putManifest(repository, { descriptor, children, bytes: manifest }, ['V1', '2']);
  };
  await Promise.all(['team/a', 'team/b', 'other'].map(put));
  await store.mount('third/x', blob.digest, 'team/a');
}

// On Windows a folder cannot be opened for fsync, and the file systems order renames themselves.
describe.skipIf(process.platform === 'win32')('an acknowledged write survives a power cut', () => {
  it.each<[string, (root: string) => Promise<void>]>([
    ['a file', (root) => writeAtomically(join(root, 'a/b/c'), [bytes])],
    ['a layout folder', (root) => fill(new LayoutSink(root))],
    ['the embedded store', (root) => fill(new FileStore(root))],
    [
      'a blob of the cache',
      (root) => resumeBlob(root, blob, () => oneChunk(bytes), { isPresent: async () => false }),
    ],
    ['a registry', fillRegistry],
  ])('%s', async (_, write) => {
    const top = await temporaryFolder();
    const lost = await watchSyncs(top);
    await write(join(top, 'not/there'));
    const left = (await lost()).filter((path) => !/(?:^|\/)(?:locks|partial)$|\.lock$/.test(path));
    expect(left).toEqual([]);
  });
});
