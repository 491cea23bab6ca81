import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { workspacePackages } from './packages.js';

/** The folders whose package.json is a project in a workspace of these files. */
function packagesOf(files: Readonly<Record<string, string>>, folders: readonly string[]): string[] {
  const root = mkdtempSync(join(tmpdir(), 'stowage-packages-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return folders.filter(workspacePackages(root));
}

const FOLDERS = ['.', 'packages/a', 'packages/deep/b', 'apps/web', 'tools'];

it.each<[string, Record<string, string>, string[]]>([
  ['nothing', {}, []],
  [
    'npm',
    { 'package.json': '{"workspaces":["packages/*","./apps/web"]}' },
    ['packages/a', 'apps/web'],
  ],
  [
    'yarn',
    { 'package.json': '{"workspaces":{"packages":["packages/**"]}}' },
    ['packages/a', 'packages/deep/b'],
  ],
  [
    'pnpm',
    {
      'package.json': '{}',
      'pnpm-workspace.yaml': "packages: ['packages/**', '!packages/deep/**']\n",
    },
    ['packages/a'],
  ],
  [
    'exceptions alone',
    { 'package.json': '{"workspaces":["!tools"]}' },
    ['packages/a', 'packages/deep/b', 'apps/web'],
  ],
  ['lerna', { 'package.json': '{}', 'lerna.json': '{"version":"1.0.0"}' }, ['packages/a']],
  ['the key nx of the root', { 'package.json': '{"nx":{}}' }, ['.']],
  [
    'a manifest with comments',
    { 'package.json': '{"workspaces":["tools"] /* ours */}' },
    ['tools'],
  ],
  [
    'a broken pnpm-workspace.yaml',
    { 'package.json': '{}', 'pnpm-workspace.yaml': 'packages: [' },
    [],
  ],
])('knows the packages of %s', (_what, files, expected) => {
  expect(packagesOf(files, FOLDERS)).toEqual(expected);
});
