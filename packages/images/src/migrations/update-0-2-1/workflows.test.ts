import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it, vi } from 'vitest';
import { log } from '../../log.js';
import { lineDiff } from './line-diff.js';
import migrate from './workflows.js';

const PATH = '.github/workflows/images.yml';
/** The workflow of an older version. */
const LATER = readFileSync(join(import.meta.dirname, 'older.yml'), 'utf8');
/** The one of the version before: its comments were others. */
const FIRST = LATER.replace(
  'Builds, verifies and loads the images that a change affects. Written by nx g @stowage/images:ci.',
  'Makes the images that a change touches, proves them, and gives them to the engine; nx g @stowage/images:ci wrote it.',
)
  .replace(
    'nx affected compares commits, so it needs the history.',
    'What is affected is told by comparing commits.',
  )
  .replace(
    'Archives are outputs of tasks: Nx restores them from its cache, and builds only those that changed.',
    "Archives are outputs of tasks: with Nx's cache they come back, and only what changed is made anew.",
  )
  .replace(
    'Deletes archives by the retention rules of stowage.yaml, so that the cache stays small.',
    "What nobody used for long leaves the cache's disk; stowage.yaml says more.",
  );
const withManager = (install: string, run: string) =>
  LATER.replace('npm ci', install).replaceAll('npx', run);

let tree: Tree;
const said: string[] = [];
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
  tree.write('stowage.yaml', 'share: { repository: ghcr.io/acme/app/images }\n');
  said.length = 0;
  for (const level of ['info', 'warn'] as const)
    vi.spyOn(log, level).mockImplementation((text) => void said.push(text));
});
const read = (path: string) => tree.read(path, 'utf8') ?? '';

it.each([
  ['the first version', FIRST],
  ['the second version', LATER],
  ['pnpm', withManager('pnpm install --frozen-lockfile', 'pnpm exec')],
  ['Windows', LATER.replaceAll('\n', '\r\n')],
])('writes a workflow of %s anew if nobody changed it', (_what, text) => {
  tree.write(PATH, text);
  migrate(tree);
  expect(read(PATH)).toContain('STOWAGE_SHARE: read-write');
  expect(read(PATH)).toContain('branches: [trunk]');
  expect(read(PATH)).not.toContain('.nx/cache');
  const first = read(PATH);
  migrate(tree);
  expect(read(PATH)).toBe(first);
});

it.each([
  ['a step', LATER.replace('      - run: npm ci\n', '      - run: npm ci\n      - run: make\n')],
  ['a version', LATER.replace('node-version: 22', 'node-version: 24')],
  ['the installation', withManager('npm ci --ignore-scripts', 'npx')],
  ['its name', LATER.replace('name: images', 'name: other')],
])('leaves a workflow in which %s was changed, and prints the difference', (_what, text) => {
  tree.delete('stowage.yaml');
  tree.write('stowage.yaml', '# ours\nshare: { repository: ghcr.io/acme/app/images }\n');
  tree.write(PATH, text);
  migrate(tree);
  expect(read(PATH)).toBe(text);
  expect(read('stowage.yaml')).toMatch(/^# ours/);
  expect(said).toContain('  -           path: .nx/cache');
  expect(said).toContain('  +       STOWAGE_SHARE: read-write');
});

it('leaves workflows of others, and says what to do without a share', () => {
  tree.delete('stowage.yaml');
  tree.write('.github/workflows/other.yml', 'on: push\n# path: .nx/cache\n');
  tree.write(PATH, LATER);
  migrate(tree);
  expect(read(PATH)).toBe(LATER);
  expect(said.join()).toContain('nx g @stowage/images:ci images --share=HOST/REPOSITORY');
  expect(tree.exists('stowage.yaml')).toBe(false);
});

it.each([
  ['a\nb\nc', 'a\nb\nc', []],
  ['a\nb\nc', 'a\nx\nc', ['- b', '+ x']],
  ['a', 'a\nb', ['+ b']],
  ['a\nb\na', 'b', ['- a', '- a']],
])('the lines in which %j and %j differ are %j', (before, after, expected) => {
  expect(lineDiff(before, after)).toEqual(expected);
});
