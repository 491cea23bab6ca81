import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillRegistry } from '../../../testing/fill-registry.js';
import { writeImage } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import type { Digest } from '../../oci/digest.js';
import { blobFile } from '../../store/paths.js';
import { RegistryStore } from './registry-store.js';
import { scrub } from './scrub.js';

async function registry() {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const content = new MemoryStore();
  const image = await writeImage(content, 'r.example/app:1');
  await fillRegistry(store, content);
  const layer = [...content.blobs].find(([, { byteLength }]) => byteLength > 1500)?.[0];
  const total = [...content.blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { root, store, image, total, layer: layer ?? image.digest };
}

describe('a scrub', () => {
  it('reads all content, and finds nothing wrong with it', async () => {
    const { root, total } = await registry();
    expect(await scrub(root)).toEqual({ blobs: 4, bytes: total, damaged: [] });
  });

  it('puts damaged content into quarantine, and names the images that need it', async () => {
    const { root, store, image, layer } = await registry();
    await writeFile(blobFile(root, layer), 'damaged');
    const { damaged } = await scrub(root);
    expect(damaged).toEqual([{ digest: layer, images: [`app@${image.digest}`] }]);
    expect(await readdir(join(root, 'quarantine'))).toEqual([layer.replace(':', '-')]);
    expect(await store.blob('app', layer)).toBeUndefined();
    expect((await scrub(root)).damaged).toEqual([]);
  });

  it('skips files of other names, and reads none after an abort', async () => {
    const { root } = await registry();
    await writeFile(join(root, 'blobs/sha256/README'), 'x');
    expect((await scrub(root)).blobs).toBe(4);
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(scrub(root, { signal })).rejects.toThrow('stopped');
  });

  it('of a registry that was never written is empty', async () => {
    const none = { blobs: 0, bytes: 0, damaged: [] as { digest: Digest }[] };
    expect(await scrub(join(await temporaryFolder(), 'none'))).toEqual(none);
  });
});
