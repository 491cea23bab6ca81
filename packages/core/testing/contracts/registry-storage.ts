import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.js';
import { formatManifest } from '../../src/oci/manifest.js';
import { MediaType } from '../../src/oci/media-types.js';
import { describe as descriptorOf } from '../../src/oci/descriptor.js';
import type { RegistryStorage } from '../../src/registry/hosted.js';
import { oneChunk } from '../../src/transfer/copy.js';
import { readAll } from '../../src/transfer/verified.js';
import { fillRegistry, putBlob, putManifest } from '../fill-registry.js';
import type { MemoryStore } from '../memory-store.js';
import { registryReaderContract } from './registry-reader.js';

const BYTES = Buffer.from('some bytes of a blob');
const BLOB = descriptorOf(MediaType.layer, BYTES);

/** Stores an image of one layer with that text. @returns its manifest, config and layer */
async function putImage(storage: RegistryStorage, repository: string, text: string, tag?: string) {
  const layer = await putBlob(storage, repository, Buffer.from(text));
  const bytes = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', text }));
  const config = { ...(await putBlob(storage, repository, bytes)), mediaType: MediaType.config };
  const manifest = await putManifest(storage, repository, {
    mediaType: MediaType.manifest,
    bytes: formatManifest(config, [layer]),
    tags: tag === undefined ? [] : [tag],
  });
  return { manifest, layer };
}

/** The contract of every registry storage. `create` makes an empty one. */
export function registryStorageContract(
  name: string,
  create: () => Promise<RegistryStorage>,
): void {
  registryReaderContract(name, async (content: MemoryStore) => {
    const storage = await create();
    await fillRegistry(storage, content);
    return storage;
  });
  describe(`${name} is a registry storage`, () => {
    describe('an upload', () => uploadContract(create));
    describe('a manifest', () => manifestContract(create));

    it('mounts a blob of one repository or of any, and none that does not exist', async () => {
      await using storage = await create();
      await putBlob(storage, 'a', BYTES);
      expect(await storage.mount('b', BLOB.digest, 'c')).toBe(false);
      expect(await storage.blob('b', BLOB.digest)).toBeUndefined();
      expect(await storage.mount('b', BLOB.digest, 'a')).toBe(true);
      expect(await storage.mount('c', BLOB.digest)).toBe(true);
      expect(await storage.mount('d', digestOf(Buffer.from('other')))).toBe(false);
      for (const repository of ['b', 'c'])
        expect(Buffer.from(await readAll(storage.read(repository, BLOB)))).toEqual(BYTES);
    });

    it('removes a blob from one repository', async () => {
      await using storage = await create();
      await putBlob(storage, 'a', BYTES);
      await storage.mount('b', BLOB.digest, 'a');
      expect(await storage.removeBlob('a', BLOB.digest)).toBe(true);
      expect(await storage.removeBlob('a', BLOB.digest)).toBe(false);
      expect(await storage.blob('a', BLOB.digest)).toBeUndefined();
      expect(await storage.blob('b', BLOB.digest)).toMatchObject({ size: BYTES.byteLength });
    });
  });
}

function uploadContract(create: () => Promise<RegistryStorage>): void {
  it('takes a blob in chunks, and shows it when it is finished', async () => {
    await using storage = await create();
    const { uploads } = storage;
    const id = await uploads.start('a');
    expect(await uploads.size('a', id)).toBe(0);
    expect(await uploads.append('a', id, oneChunk(BYTES.subarray(0, 5)), { at: 0 })).toBe(5);
    expect(await uploads.append('a', id, oneChunk(BYTES.subarray(5)))).toBe(BYTES.byteLength);
    expect(await uploads.size('a', id)).toBe(BYTES.byteLength);
    expect(await storage.blob('a', BLOB.digest)).toBeUndefined();
    await uploads.finish('a', id, BLOB.digest);
    expect(Buffer.from(await readAll(storage.read('a', BLOB)))).toEqual(BYTES);
    await expect(uploads.size('a', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps the bytes received before a failure', async () => {
    await using storage = await create();
    const { uploads } = storage;
    const id = await uploads.start('a');
    const broken = async function* () {
      yield BYTES.subarray(0, 5);
      throw new Error('connection lost');
    };
    await expect(uploads.append('a', id, broken())).rejects.toThrow('connection lost');
    expect(await uploads.size('a', id)).toBe(5);
    await uploads.append('a', id, oneChunk(BYTES.subarray(5)), { at: 5 });
    await uploads.finish('a', id, BLOB.digest);
  });

  it('refuses bytes at another place than its end with CONFLICT', async () => {
    await using storage = await create();
    const id = await storage.uploads.start('a');
    const appended = storage.uploads.append('a', id, oneChunk(BYTES), { at: 3 });
    await expect(appended).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await storage.uploads.size('a', id)).toBe(0);
  });

  it('is deleted with CORRUPT when its digest differs', async () => {
    await using storage = await create();
    const { uploads } = storage;
    const id = await uploads.start('a');
    await uploads.append('a', id, oneChunk(BYTES.subarray(1)));
    await expect(uploads.finish('a', id, BLOB.digest)).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(uploads.size('a', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await storage.blob('a', BLOB.digest)).toBeUndefined();
  });

  it('is NOT_FOUND after it was cancelled, and in another repository', async () => {
    await using storage = await create();
    const { uploads } = storage;
    const id = await uploads.start('a');
    await expect(uploads.size('b', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await uploads.cancel('a', id);
    for (const call of [
      () => uploads.size('a', id),
      () => uploads.append('a', id, oneChunk(BYTES)),
      () => uploads.finish('a', id, BLOB.digest),
      () => uploads.cancel('a', id),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}

function manifestContract(create: () => Promise<RegistryStorage>): void {
  it('is refused with INCOMPLETE without its children, and nothing is stored', async () => {
    await using storage = await create();
    const config = { ...(await putBlob(storage, 'a', BYTES)), mediaType: MediaType.config };
    const absent = descriptorOf(MediaType.layer, Buffer.from('absent'));
    const bytes = formatManifest(config, [absent]);
    const put = { mediaType: MediaType.manifest, bytes, tags: ['1'] };
    await expect(putManifest(storage, 'a', put)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    // A blob of another repository does not count.
    await putBlob(storage, 'b', Buffer.from('absent'));
    await expect(putManifest(storage, 'a', put)).rejects.toMatchObject({ code: 'INCOMPLETE' });
    expect(await storage.manifest('a', '1')).toBeUndefined();
    expect(await storage.blob('a', digestOf(bytes))).toBeUndefined();
  });

  it('moves a tag, and stays without one', async () => {
    await using storage = await create();
    const one = await putImage(storage, 'a', 'one', '1');
    const two = await putImage(storage, 'a', 'two', '1');
    expect(await storage.manifest('a', '1')).toMatchObject({ digest: two.manifest.digest });
    expect(await storage.manifest('a', one.manifest.digest)).toBeDefined();
    expect(await storage.removeTag('a', '1')).toBe(true);
    expect(await storage.removeTag('a', '1')).toBe(false);
    expect(await storage.manifest('a', '1')).toBeUndefined();
    expect(await storage.manifest('a', two.manifest.digest)).toBeDefined();
  });

  it('is removed with its tags, and the other manifests stay', async () => {
    await using storage = await create();
    const one = await putImage(storage, 'a', 'one', '1');
    const two = await putImage(storage, 'a', 'two', '2');
    expect(await storage.removeManifest('a', one.manifest.digest)).toBe(true);
    expect(await storage.removeManifest('a', one.manifest.digest)).toBe(false);
    expect(await storage.tags('a')).toEqual(['2']);
    for (const reference of ['1', one.manifest.digest])
      expect(await storage.manifest('a', reference)).toBeUndefined();
    expect(await storage.manifest('a', '2')).toMatchObject({ digest: two.manifest.digest });
  });
}
