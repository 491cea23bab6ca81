import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../testing/workspace.js';
import { dropUnshared, keepUnshared, linkOrCopy, unsharedPath } from './unshared.js';

async function start() {
  const { workspace, cwd } = await workspaceOf();
  const archive = join(cwd, 'a.tar');
  await writeFile(archive, 'archive');
  return { place: workspace.place, cwd, archive };
}

it('an unshared archive is kept as a second name of the same file, until it is dropped', async () => {
  const { place, archive } = await start();
  const path = unsharedPath(place, 'app-debian-12-base');
  await keepUnshared(place, 'app-debian-12-base', archive);
  expect((await stat(path)).ino).toBe((await stat(archive)).ino);
  await dropUnshared(place, 'app-debian-12-base');
  await dropUnshared(place, 'app-debian-12-base');
  expect(await readdir(dirname(path))).toEqual([]);
  expect(await readFile(archive, 'utf8')).toBe('archive');
});

it('a second name replaces what had it, and what an interrupted one left', async () => {
  const { cwd, archive } = await start();
  const to = join(cwd, 'below/b.tar');
  await mkdir(dirname(to));
  await writeFile(to, 'old');
  await writeFile(`${to}.partial`, 'half');
  await linkOrCopy(archive, to);
  expect(await readFile(to, 'utf8')).toBe('archive');
  expect(await readdir(dirname(to))).toEqual(['b.tar']);
});

it.each(['../../x', 'a/../../../x'])('%s is no name of an unshared archive', async (name) => {
  const { place } = await start();
  expect(() => unsharedPath(place, name)).toThrow();
});
