import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { packTar, type TarMember } from '../../archive/tar/pack-tar.js';
import { digestOf } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { readAll } from '../../transfer/verified.js';
import { readLayerEntries } from './layer-entries.js';

const empty = { size: 0, open: () => [] };

async function layerOf(...members: readonly TarMember[]) {
  const store = new MemoryStore();
  const descriptor = await put(store, MediaType.layer, await readAll(packTar(members), Infinity));
  const layersFolder = await temporaryFolder();
  const layer = { descriptor, diffId: descriptor.digest };
  return {
    store,
    layer,
    layersFolder,
    read: () => readLayerEntries(store, layer, { layersFolder }),
  };
}

describe('the entries of a layer', () => {
  it('are in the order of its tar, whiteouts included, with paths in one form', async () => {
    const { read } = await layerOf(
      { ...empty, name: './b/', type: 'directory', mode: 0o1777, uid: 7, gid: 8 },
      { ...empty, name: '/a/../../c', mode: 0o4755 },
      { ...empty, name: 'b/.wh.x' },
      { ...empty, name: 'l', type: 'symlink', linkname: '../c', mode: 0o777 },
    );
    expect(await read()).toEqual([
      { path: 'b', type: 'folder', mode: 0o1777, uid: 7, gid: 8, link: '' },
      { path: 'c', type: 'file', mode: 0o4755, uid: 0, gid: 0, link: '' },
      { path: 'b/.wh.x', type: 'file', mode: 0o644, uid: 0, gid: 0, link: '' },
      { path: 'l', type: 'symlink', mode: 0o777, uid: 0, gid: 0, link: '../c' },
    ]);
  });

  it('are read from their index once there is one', async () => {
    const { store, read } = await layerOf({ ...empty, name: 'a' });
    const first = await read();
    store.blobs.clear();
    expect(await read()).toEqual(first);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -2)],
    ['changed', (text: string) => text.replace('"a"', '"b"')],
    ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['empty', () => ''],
    ['of another form', () => '{}\n[]\n'],
  ])('are read from the layer again when the index is %s', async (_what, change) => {
    const { layersFolder, read } = await layerOf({ ...empty, name: 'a' });
    const first = await read();
    const [name = ''] = await readdir(layersFolder);
    const path = join(layersFolder, name);
    const text = await readFile(path, 'utf8');
    await writeFile(path, change(text));
    expect(await read()).toEqual(first);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('of a damaged layer are CORRUPT, and leave no index', async () => {
    const { store, layer, layersFolder, read } = await layerOf({ ...empty, name: 'a' });
    store.blobs.set(layer.descriptor.digest, Buffer.alloc(layer.descriptor.size, 'x'));
    await expect(read()).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await readdir(layersFolder)).toEqual([]);
  });

  it('of a layer with another diff ID are CORRUPT, of something else than a tar INVALID', async () => {
    const { store, layer, layersFolder } = await layerOf({ ...empty, name: 'a' });
    const other = { ...layer, diffId: digestOf(Buffer.from('other')) };
    await expect(readLayerEntries(store, other, { layersFolder })).rejects.toThrow(
      'its diff ID is',
    );
    const text = await put(store, MediaType.layer, Buffer.from('text '.repeat(300)));
    const bad = { descriptor: text, diffId: text.digest };
    await expect(readLayerEntries(store, bad, { layersFolder })).rejects.toMatchObject({
      code: 'INVALID',
    });
    expect(await readdir(layersFolder)).toEqual([]);
  });

  it('with a path longer than any file system has are INVALID', async () => {
    const { read } = await layerOf({ ...empty, name: 'n/'.repeat(2050) });
    await expect(read()).rejects.toThrow('longer than 4096 characters');
  });

  it('are not read after an abort', async () => {
    const { store, layer, layersFolder } = await layerOf({ ...empty, name: 'a' });
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(readLayerEntries(store, layer, { layersFolder, signal })).rejects.toThrow(
      'stopped',
    );
  });
});
