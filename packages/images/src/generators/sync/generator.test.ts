import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import { expect, it, onTestFinished } from 'vitest';
import syncGenerator from './generator.js';

/** A catalog with an entry whose archive is missing. */
const STALE = 'images:\n  - name: app-debian-12-x\n    file: app/app-debian-12-x.tar\n';

/** The tree of a git repository with these files. */
function treeOf(files: Readonly<Record<string, string>>): Tree {
  const root = mkdtempSync(join(tmpdir(), 'stowage-sync-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  execFileSync('git', ['init', '-q'], { cwd: root });
  for (const [path, text] of Object.entries({ 'nx.json': '{}', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return Object.assign(createTree(), { root });
}

it('updates a catalog that git keeps', async () => {
  const tree = treeOf({ 'images/image-registry.yml': STALE });
  const { outOfSyncMessage, callback } = await syncGenerator(tree);
  expect(outOfSyncMessage).toBe('images/image-registry.yml does not match the archives on disk.');
  expect(callback).toBeDefined();
  expect(tree.read('images/image-registry.yml', 'utf8')).not.toContain('app-debian-12-x');
});

it('leaves a catalog alone that git ignores', async () => {
  const tree = treeOf({ '.gitignore': '/images/\n', 'images/image-registry.yml': STALE });
  expect(await syncGenerator(tree)).toEqual({});
  expect(tree.read('images/image-registry.yml', 'utf8')).toBe(STALE);
});

it('takes the entries of .gitignore along to another folder of archives', async () => {
  const entries = (folder: string) =>
    `/${folder}/*/*.tar*\n/${folder}/*/*.image.json*\n/${folder}/image-registry.yml*\n`;
  const ignored = `${entries('images')}.stowage/\n`;
  const tree = treeOf({ '.gitignore': ignored, 'stowage.yaml': 'images: archives\n' });
  expect((await syncGenerator(tree)).outOfSyncMessage).toMatch(/^\.gitignore does not name/);
  expect(tree.read('.gitignore', 'utf8')).toContain(entries('archives'));
  const own = treeOf({ '.gitignore': 'dist\n', 'stowage.yaml': 'images: archives\n' });
  expect(await syncGenerator(own)).toEqual({});
});
