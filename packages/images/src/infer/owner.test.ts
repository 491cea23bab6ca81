import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Owners } from './owner.js';

/** Owners in a workspace of these files. */
async function ownersOf(files: Readonly<Record<string, unknown>>): Promise<Owners> {
  const workspaceRoot = await mkdtemp(join(tmpdir(), 'stowage-owner-'));
  onTestFinished(() => rm(workspaceRoot, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspaceRoot, path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(workspaceRoot, path), text);
  }
  return new Owners({
    workspaceRoot,
    isMarker: (_folder, name) => name === 'go.mod',
    isPackage: (root) => root.startsWith('libs'),
  });
}

it.each<[string, Record<string, unknown>, string | undefined]>([
  ['project.json', { 'libs/app/project.json': { name: 'one' } }, 'one'],
  [
    'project.json with comments',
    { 'libs/app/project.json': '{\n  // the application\n  "name": "one", /* ours */\n}' },
    'one',
  ],
  ['package.json', { 'libs/app/package.json': { name: '@org/two' } }, '@org/two'],
  [
    'the nx key of package.json before its name',
    { 'libs/app/package.json': { name: '@org/two', nx: { name: 'three' } } },
    'three',
  ],
  [
    'project.json before package.json',
    { 'libs/app/project.json': { name: 'one' }, 'libs/app/package.json': { name: 'two' } },
    'one',
  ],
  ['Nx, when the file has no name', { 'libs/app/project.json': {} }, undefined],
  ['Nx, when the name is no text', { 'libs/app/project.json': { name: 7 } }, undefined],
  ['the plugin that knows its marker', { 'libs/app/go.mod': 'module app\n' }, undefined],
])('is named by %s', async (_what, files, name) => {
  const owner = (await ownersOf(files)).find('libs/app');
  expect(owner).toEqual({ root: 'libs/app', isProject: true, ...(name ? { name } : {}) });
});

it.each<[string, Record<string, unknown>, string | undefined]>([
  ['the nearest folder', { 'project.json': {}, 'libs/app/project.json': {} }, 'libs/app'],
  ['a folder above', { 'libs/project.json': {}, 'libs/app/readme.md': '' }, 'libs'],
  ['the workspace', { 'project.json': {} }, '.'],
  ['none, when the file is no JSON', { 'libs/app/project.json': '{' }, undefined],
  [
    'a folder above a package outside the workspaces',
    { 'other/project.json': {}, 'other/app/package.json': { name: 'x' } },
    'other',
  ],
])('is %s', async (_what, files, root) => {
  const folder = 'other/app' in files || 'other/project.json' in files ? 'other/app' : 'libs/app';
  const owner = (await ownersOf(files)).find(folder);
  expect(owner).toMatchObject(
    root === undefined ? { root: folder, isProject: false } : { root, isProject: true },
  );
});
