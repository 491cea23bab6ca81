import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { inspect } from '../inspect/inspect.js';
import { openWorkspace } from '../workspace/workspace.js';
import { copyImages } from './copy-images.js';

const SOURCE = join(import.meta.dirname, '../../../testing/golden/docker-20.tar');
const stdout = () => Promise.reject(new Error('to a file'));

it.each([
  'oci:layout',
  'layout/',
  'apps',
  '-',
  'store:app:1',
  'docker-daemon:app:1',
  'docker://registry.example.com/app:1',
  'registry.example.com/app:1',
])('%s is not split into parts', async (to) => {
  const { workspace, call } = await workspaceOf();
  await expect(
    copyImages(workspace, SOURCE, to, { ...call, stdout, split: '1MB' }),
  ).rejects.toMatchObject({
    code: 'USAGE',
    message: `${to}: only an archive can be split`,
  });
});

it('writes into the folder of the user for ~', async () => {
  const { cwd, call } = await workspaceOf();
  const home = await temporaryFolder();
  const workspace = await openWorkspace(cwd, { surroundings: { home } });
  for (const to of ['~/bare.tar', 'oci-archive:~/prefixed.tar:app:1', 'oci:~/layout'])
    await copyImages(workspace, SOURCE, to, { ...call, stdout });
  for (const name of ['bare.tar', 'prefixed.tar', 'layout/index.json'])
    expect((await stat(join(home, name))).size).toBeGreaterThan(0);
});

it('takes the images of several sources, all or none', async () => {
  const { cwd, workspace, call } = await workspaceOf();
  const copy = (from: readonly string[], to: string, as?: string) =>
    copyImages(workspace, from, to, { ...call, stdout, as });
  for (const name of ['a', 'b']) await copy([SOURCE], `${name}.tar`, `team/${name}:1`);
  const copied = await copy(['a.tar', 'b.tar'], 'all/');
  expect(copied.map(({ source, reference }) => [source, reference])).toEqual([
    ['a.tar', 'docker.io/team/a:1'],
    ['b.tar', 'docker.io/team/b:1'],
  ]);
  const listed = await inspect(workspace, 'all/', call);
  expect(
    listed.images.flatMap(({ names }) => names.map(({ reference }) => reference)).sort(),
  ).toEqual(copied.map(({ reference }) => reference));
  await expect(copy(['a.tar', 'b.tar'], 'one.tar', 'x:1')).rejects.toMatchObject({ code: 'USAGE' });
  await expect(copy(['a.tar', 'absent.tar'], 'none.tar')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await readdir(cwd)).filter((name) => /^(?:one|none)/.test(name))).toEqual([]);
});
