import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ownerOf } from './owner.js';

/** The owner of the folder `libs/app`, or of `root`, in a workspace with these files. */
async function ownerIn(files: Readonly<Record<string, unknown>>, root = 'libs/app') {
  const workspace = await mkdtemp(join(tmpdir(), 'stowage-owner-'));
  onTestFinished(() => rm(workspace, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(workspace, path), text);
  }
  return ownerOf(root, workspace);
}

it.each<[string, Record<string, unknown>, string, boolean]>([
  ['its folder', {}, 'app', false],
  ['project.json', { 'libs/app/project.json': { name: 'one' } }, 'one', true],
  ['its folder, without a name', { 'libs/app/project.json': {} }, 'app', true],
  ['package.json', { 'libs/app/package.json': { name: '@org/two' } }, '@org/two', true],
  [
    'the nx key of package.json before its name',
    { 'libs/app/package.json': { name: '@org/two', nx: { name: 'three' } } },
    'three',
    true,
  ],
  [
    'project.json before package.json',
    { 'libs/app/project.json': { name: 'one' }, 'libs/app/package.json': { name: 'two' } },
    'one',
    true,
  ],
  ['its folder, when the file is no JSON', { 'libs/app/project.json': '{' }, 'app', false],
  ['its folder, when the name is no text', { 'libs/app/project.json': { name: 7 } }, 'app', true],
])('is named by %s', async (_what, files, name, isProject) => {
  expect(await ownerIn(files)).toEqual({ root: 'libs/app', name, isProject });
});

it('is the workspace itself only if its package.json has a key nx', async () => {
  const isProject = async (manifest: object) =>
    (await ownerIn({ 'package.json': manifest }, '.')).isProject;
  expect(await isProject({ name: 'root' })).toBe(false);
  expect(await isProject({ name: 'root', nx: {} })).toBe(true);
});
