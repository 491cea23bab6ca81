import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import {
  archivePath,
  catalogText,
  healCatalog,
  layersFolder,
  lockPath,
  readCatalog,
  recordUse,
  spoolFolder,
  updateCatalog,
} from './file.js';

const NAME = 'app-debian-12-base';

async function place(files: Readonly<Record<string, string>> = {}) {
  const workspace = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(workspace, path, '..'), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  return { workspace, folder: join(workspace, 'images'), state: join(workspace, '.stowage') };
}

const entry = (file: string, more = '') => `images:\n  - { name: ${NAME}, file: ${file}${more} }\n`;

describe('the paths of a catalog', () => {
  it('are in its state; locks are where all workspaces with its folder find them', async () => {
    const at = await place();
    const shared = { ...at, sharedState: '/shared' };
    expect([spoolFolder(at), layersFolder(shared)]).toEqual([
      join(at.state, 'spool'),
      join(at.state, 'layers'),
    ]);
    expect([lockPath(at, 'a'), lockPath(shared, 'a')]).toEqual([
      join(at.state, 'locks/a'),
      join('/shared/locks/a'),
    ]);
    expect(() => lockPath(at, '../x')).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });

  it('of archives are relative to the catalog, else to the workspace, else where one would be', async () => {
    const at = await place({ 'images/a.tar': 'a', 'other/b.tar': 'b' });
    expect(archivePath(at, 'a.tar')).toBe(join(at.folder, 'a.tar'));
    expect(archivePath(at, 'other/b.tar')).toBe(join(at.workspace, 'other/b.tar'));
    expect(archivePath(at, 'new.tar')).toBe(join(at.folder, 'new.tar'));
    const outside = join(await temporaryFolder(), 'x.tar');
    await writeFile(outside, 'x');
    expect(() => archivePath(at, outside)).toThrow(
      expect.objectContaining({ code: 'INVALID', location: outside }) as Error,
    );
    expect(archivePath({ ...at, archives: [join(outside, '..')] }, outside)).toBe(outside);
  });
});

describe('a catalog', () => {
  it('has files relative to itself, as older tools wrote them, too', async () => {
    const at = await place({ 'images/a.tar': 'a' });
    for (const file of ['a.tar', 'images/a.tar', join(at.folder, 'a.tar')]) {
      await writeFile(join(at.folder, 'image-registry.yml'), entry(file));
      expect(await readCatalog(at)).toMatchObject([{ name: NAME, file: 'a.tar' }]);
    }
  });

  it('has the same entries when it is read again, from its index', async () => {
    const at = await place({
      'images/image-registry.yml': entry('a.tar', ', size: 3'),
      'images/a.tar': 'abc',
    });
    const first = await readCatalog(at);
    expect(await readCatalog(at)).toEqual(first);
    expect(JSON.parse(await readFile(join(at.state, 'catalog.json'), 'utf8'))).toMatchObject({
      entries: [{ name: NAME }],
    });
  });

  it('has an empty text where there is no file', async () => {
    const at = await place();
    expect(await catalogText(at)).toEqual({
      path: join(at.folder, 'image-registry.yml'),
      text: '',
    });
    expect(await readCatalog(at)).toEqual([]);
  });
});

describe('an update of a catalog', () => {
  it('folds the uses of its entries in', async () => {
    const at = await place({ 'images/image-registry.yml': entry('a.tar', ', usage_count: 2') });
    await recordUse(at, NAME, new Date('2026-01-02'));
    await recordUse(at, 'unknown', new Date('2026-01-02'));
    await updateCatalog(at, {});
    const { text } = await catalogText(at);
    expect(text).toContain('usage_count: 3');
    expect(text).not.toContain('unknown');
    expect((await readCatalog(at))[0]).toMatchObject({ usage_count: 3 });
  });

  it('does not write when nothing changes, and removes what a dead process left', async () => {
    const at = await place({
      'images/image-registry.yml': `${entry('a.tar')}# spaces   \n`,
      'images/image-registry.yml.partial': 'cut',
    });
    await healCatalog(at);
    const { text } = await catalogText(at);
    expect(text).toContain('# spaces');
    await expect(readFile(join(at.folder, 'image-registry.yml.partial'))).rejects.toThrow('ENOENT');
  });

  it('of what is no catalog is refused, and the text stays', async () => {
    const at = await place({ 'images/image-registry.yml': 'images: [' });
    await expect(updateCatalog(at, {})).rejects.toMatchObject({ code: 'USAGE' });
    expect((await catalogText(at)).text).toBe('images: [');
  });
});
