import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it } from 'vitest';
import { ignoreArchives, isLeftBehind } from './ignore-archives.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});
const ignored = () => tree.read('.gitignore', 'utf8') ?? '';

it('archives, records and the catalog are ignored, once, after what is there', () => {
  tree.write('.gitignore', 'node_modules');
  ignoreArchives(tree);
  const text = ignored();
  expect(text).toMatch(/^node_modules\n\n# Image archives \(Stowage\)\n/);
  for (const line of ['/images/*/*.tar*', '/images/*/*.image.json*', '.stowage/'])
    expect(text.split('\n')).toContain(line);
  ignoreArchives(tree);
  expect(ignored()).toBe(text);
});

it('only lines that are missing are added, also to a file of Windows', () => {
  tree.write('.gitignore', '.stowage/\r\n/images/*/*.tar*\r\n');
  ignoreArchives(tree);
  expect(ignored().match(/\.stowage\//g)).toHaveLength(1);
  expect(ignored().match(/\.tar\*/g)).toHaveLength(1);
  expect(ignored()).toContain('/images/image-registry.yml*');
});

it('the folder is that of the settings; invalid settings do not stop it', () => {
  tree.write('stowage.yaml', 'images: kept\n');
  ignoreArchives(tree);
  expect(ignored()).toContain('/kept/*/*.tar*');
  tree.delete('.gitignore');
  tree.write('stowage.yaml', 'images: [\n');
  ignoreArchives(tree);
  expect(ignored()).toContain('/images/*/*.tar*');
});

it('a folder that was moved leaves its lines behind', () => {
  expect(isLeftBehind(tree)).toBe(false);
  ignoreArchives(tree);
  expect(isLeftBehind(tree)).toBe(false);
  tree.write('stowage.yaml', 'images: kept\n');
  expect(isLeftBehind(tree)).toBe(true);
  ignoreArchives(tree);
  expect(isLeftBehind(tree)).toBe(false);
});
