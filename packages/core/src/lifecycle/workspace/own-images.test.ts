import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { readCatalog, recordUse, updateCatalog } from '../../catalog/file.js';
import { openWorkspace } from './workspace.js';

const NAME = 'app-ubuntu-25.04-gcc15';

/** A workspace in a repository of its own, whose `images` is a link to a folder. */
async function workspaceWithLink(target: string): Promise<string> {
  const root = await temporaryFolder();
  await writeFile(join(root, 'stowage.yaml'), '');
  await symlink(target, join(root, 'images'));
  git(root, 'init', '--quiet');
  git(root, 'add', 'stowage.yaml');
  return root;
}

function git(root: string, ...args: readonly string[]): void {
  execFileSync('git', ['-C', root, ...args]);
}

describe('a folder of archives that is a link out of the workspace', () => {
  it('is shared by workspaces, which count uses for all', async () => {
    const shared = join(await temporaryFolder(), 'images');
    await mkdir(join(shared, 'app'), { recursive: true });
    await writeFile(join(shared, `app/${NAME}.tar`), 'content');
    const roots = [await workspaceWithLink(shared), await workspaceWithLink(shared)];
    const places = await Promise.all(roots.map(async (root) => (await openWorkspace(root)).place));
    for (const place of places) {
      await updateCatalog(place, { upsert: [{ name: NAME, file: `app/${NAME}.tar`, size: 7 }] });
      await recordUse(place, NAME, new Date('2026-01-02'));
    }
    for (const place of places)
      expect(await readCatalog(place)).toMatchObject([{ name: NAME, usage_count: 2 }]);
  });

  it.each<readonly [string, (root: string) => void | Promise<void>]>([
    ['git tracks it', (root) => git(root, 'add', 'images')],
    ['git tracks nothing', (root) => git(root, 'rm', '--quiet', '--cached', 'stowage.yaml')],
    ['there is no repository', (root) => rm(join(root, '.git'), { recursive: true })],
  ])('is refused if %s', async (_, change) => {
    const root = await workspaceWithLink(await temporaryFolder());
    await change(root);
    const opening = openWorkspace(root);
    await expect(opening).rejects.toMatchObject({
      code: 'INVALID',
      location: join(root, 'images'),
    });
    await expect(opening).rejects.toThrow(/images: a symbolic link that leads out of/);
  });

  it('is refused if a link above it is tracked', async () => {
    const root = await workspaceWithLink(await temporaryFolder());
    await writeFile(join(root, 'stowage.yaml'), 'images: sub/images\n');
    await symlink(await temporaryFolder(), join(root, 'sub'));
    await openWorkspace(root);
    git(root, 'add', 'sub');
    await expect(openWorkspace(root)).rejects.toMatchObject({ code: 'INVALID' });
  });
});
