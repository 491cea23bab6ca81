import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, expect, it } from 'vitest';
import { installSteps } from './install-steps.js';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

it.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
  ['npm', { 'package-lock.json': '{}' }, ['npm ci'], 'npx nx'],
  ['no lock file', {}, ['npm install'], 'npx nx'],
  [
    'pnpm 8',
    { 'pnpm-lock.yaml': "lockfileVersion: '6.0'\n" },
    ['npm install --global pnpm@8', 'pnpm install --frozen-lockfile'],
    'pnpm exec nx',
  ],
  [
    'pnpm that package.json names',
    {
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'package.json': '{"packageManager":"pnpm@9.1.0"}',
    },
    ['corepack enable', 'pnpm install --frozen-lockfile'],
    'pnpm exec nx',
  ],
  [
    'yarn 1',
    { 'yarn.lock': '# yarn lockfile v1\n' },
    ['npm install --global yarn@1', 'yarn install --frozen-lockfile'],
    'yarn nx',
  ],
  [
    'a newer yarn',
    { 'yarn.lock': '__metadata:\n' },
    ['corepack enable', 'yarn install --immutable'],
    'yarn nx',
  ],
  [
    'bun',
    { 'bun.lock': '{}' },
    ['npm install --global bun', 'bun install --frozen-lockfile'],
    'bunx nx',
  ],
])('installs with %s', (_, files, commands, nx) => {
  for (const [path, text] of Object.entries(files)) tree.write(path, text);
  expect(installSteps(tree)).toEqual({ commands, nx });
});

it('runs the wrapper of Nx in a workspace without package.json', () => {
  tree.delete('package.json');
  expect(installSteps(tree)).toEqual({ commands: [], nx: './nx' });
});
