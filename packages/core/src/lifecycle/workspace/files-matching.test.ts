import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { expandPatterns, filesMatching } from './files-matching.js';

async function folderWith(...paths: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const path of paths) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), '');
  }
  return folder;
}

describe('the files that match', () => {
  it('are absolute and sorted, without hidden and ignored ones', async () => {
    const folder = await folderWith('b.tar', 'a.tar', '.c.tar', 'd/e.tar', 'no/f.tar');
    const names = async (patterns: readonly string[], options = {}) =>
      (await filesMatching(folder, patterns, options)).map((path) => path.slice(folder.length + 1));
    expect(await names(['*.tar'])).toEqual(['a.tar', 'b.tar']);
    expect(await names(['**/*.tar'], { ignore: ['no/**'] })).toEqual(['a.tar', 'b.tar', 'd/e.tar']);
    expect(await names(['*.tar'], { dot: true })).toEqual(['.c.tar', 'a.tar', 'b.tar']);
  });

  it('are not behind symbolic links, unless these are followed', async () => {
    const folder = await folderWith('d/a.tar');
    await symlink(await folderWith('b.tar'), join(folder, 'link'));
    expect(await filesMatching(folder, ['*/*.tar'])).toEqual([join(folder, 'd/a.tar')]);
    expect(await filesMatching(folder, ['*/*.tar'], { follow: true })).toHaveLength(2);
  });

  it('of a folder that does not exist are none', async () => {
    expect(await filesMatching(join(await temporaryFolder(), 'none'), ['*'])).toEqual([]);
  });
});

describe('inputs', () => {
  it('that are patterns become files, in their place; others stay', async () => {
    const folder = await folderWith('a.tar', 'b.tar', 'c.txt');
    expect(await expandPatterns(['x:1', '*.tar', 'none.tar'], folder)).toEqual([
      'x:1',
      join(folder, 'a.tar'),
      join(folder, 'b.tar'),
      'none.tar',
    ]);
  });

  it('that match no file are NOT_FOUND', async () => {
    await expect(expandPatterns(['*.tar'], await temporaryFolder())).rejects.toMatchObject({
      code: 'NOT_FOUND',
      location: '*.tar',
    });
  });
});
