import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { removeArchive } from '../../catalog/commit.js';
import { lockPath, readCatalog } from '../../catalog/file.js';
import { withLock } from '../../disk/lock.js';
import { planSync, syncCatalog } from './sync-catalog.js';
import { archiveOf } from './workspace.js';

async function saved() {
  const opened = await workspaceOf();
  await savePath(opened.workspace, BASE, opened.call);
  const catalog = join(opened.workspace.place.folder, 'image-registry.yml');
  return { ...opened, catalog, archive: archiveOf(opened.workspace, NAME) };
}

describe('the catalog and the disk', () => {
  it('agree after a save', async () => {
    const { workspace } = await saved();
    const { before, after } = await planSync(workspace);
    expect(after).toBe(before);
  });

  it('agree again after an entry was lost; a plan changes nothing', async () => {
    const { workspace, catalog } = await saved();
    await writeFile(catalog, '# mine\nimages: []\n');
    const { path, before, after } = await planSync(workspace);
    expect([path, before]).toEqual([catalog, '# mine\nimages: []\n']);
    expect(after).toMatch(new RegExp(`^# mine\nimages:\n  - name: ${NAME}`));
    expect((await planSync(workspace)).before).toBe(before);
    await syncCatalog(workspace);
    expect(await readCatalog(workspace.place)).toMatchObject([{ name: NAME, state: 'ok' }]);
  });

  it('agree after an archive was deleted while the catalog was locked by another process', async () => {
    const { workspace, catalog, archive } = await saved();
    await writeFile(catalog, 'images: []\n');
    let synced: Promise<void> | undefined;
    await withLock(lockPath(workspace.place, 'catalog'), async () => {
      synced = syncCatalog(workspace);
      await setTimeout(100);
      await removeArchive({ place: workspace.place, path: archive });
    });
    await synced;
    expect(await readCatalog(workspace.place)).toEqual([]);
  });

  it('agree after an archive was deleted, unless it is pinned', async () => {
    const { workspace, archive, catalog } = await saved();
    await rm(archive);
    await rm(archive.replace(/\.tar$/, '.image.json'));
    expect((await planSync(workspace)).after).not.toContain(NAME);
    await writeFile(catalog, `images: [{ name: ${NAME}, file: app/${NAME}.tar, pinned: true }]\n`);
    await syncCatalog(workspace);
    expect(await readCatalog(workspace.place)).toMatchObject([{ name: NAME, state: 'missing' }]);
  });
});
