import { describe, expect, it } from 'vitest';
import { baseImage } from '../../../testing/base-image.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { DEFAULT_LIMITS, type Limits } from '../../oci/limits.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
import { folderOf, foldersOf, joinPath, readImageTree } from './image-tree.js';

async function treeOf(layers: readonly (readonly string[])[], limits: Partial<Limits> = {}) {
  const store = await baseImage('base:1', layers);
  const source = Object.assign(store, { limits: { ...DEFAULT_LIMITS, ...limits } });
  const [image] = imagesOf(await walk(source, (await source.resolve()).descriptor));
  const described = (image?.layers ?? []).flatMap((descriptor, at) => {
    const diffId = image?.config.diffIds[at];
    return diffId ? [{ descriptor, diffId }] : [];
  });
  return readImageTree(source, described, { layersFolder: await temporaryFolder() });
}

describe('the tree of an image', () => {
  it('has the entries of the highest layer that has them', async () => {
    const at = await treeOf([['a 600 1:1', 'b/', 'b/c'], ['a 644 2:2']]);
    expect(at('a')).toMatchObject({ mode: 0o644, uid: 2 });
    expect(at('b/c')).toMatchObject({ type: 'file' });
    expect(at('none')).toBeUndefined();
  });

  it('has folders that no layer lists, as root’s with mode 0755; the root always', async () => {
    const at = await treeOf([['deep/er/file']]);
    const folder = { type: 'folder', mode: 0o755, uid: 0, gid: 0 };
    expect([at(''), at('deep'), at('deep/er')]).toMatchObject([folder, folder, folder]);
  });

  it('has nothing that a higher layer hides by a whiteout', async () => {
    const at = await treeOf([
      ['a', 'd/', 'd/x', 'd/y'],
      ['.wh.a', 'd/.wh.x'],
    ]);
    expect([at('a'), at('d/x'), at('d/y')?.type, at('.wh.a')]).toEqual([
      undefined,
      undefined,
      'file',
      undefined,
    ]);
  });

  it('has a hidden folder again when the same layer adds below it', async () => {
    const at = await treeOf([
      ['d/', 'd/x'],
      ['.wh.d', 'd/y'],
    ]);
    expect([at('d')?.type, at('d/x'), at('d/y')?.type]).toEqual(['folder', undefined, 'file']);
  });

  it('has an opaque folder with its mode, and nothing of lower layers in it', async () => {
    const at = await treeOf([
      ['d/ 700 3:3', 'd/x', 'd/s/y'],
      ['d/.wh..wh..opq', 'd/z'],
    ]);
    expect(at('d')).toMatchObject({ mode: 0o700, uid: 3 });
    expect([at('d/x'), at('d/s/y'), at('d/s'), at('d/z')?.type]).toEqual([
      undefined,
      undefined,
      undefined,
      'file',
    ]);
  });

  it('has nothing below a file or a link that replaced a folder', async () => {
    const at = await treeOf([
      ['d/', 'd/x', 'e/', 'e/x'],
      ['d', 'e -> f'],
    ]);
    expect([at('d')?.type, at('d/x'), at('e')?.type, at('e/x')]).toEqual([
      'file',
      undefined,
      'symlink',
      undefined,
    ]);
  });

  it('has no more entries and folders than the limit, and no more names', async () => {
    const layers = [['a/b/c'], ['d']];
    expect((await treeOf(layers, { members: 4 }))('d')).toBeDefined();
    await expect(treeOf(layers, { members: 3 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    const names = [[`${'n'.repeat(60)}`], [`${'m'.repeat(60)}`]];
    await expect(treeOf(names, { headerBytes: 3 })).rejects.toThrow('characters of names');
  });
});

describe('a path', () => {
  it.each([
    ['', [], ''],
    ['a', [''], ''],
    ['a/b/c', ['', 'a', 'a/b'], 'a/b'],
  ])('%j has the folders %j', (path, folders, folder) => {
    expect(foldersOf(path)).toEqual(folders);
    expect(folderOf(path)).toBe(folder);
  });

  it('is joined without a slash at its beginning', () => {
    expect([joinPath('', 'a'), joinPath('a', 'b')]).toEqual(['a', 'a/b']);
  });
});
