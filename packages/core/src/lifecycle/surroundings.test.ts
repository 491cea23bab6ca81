import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { BASE, NAME, savePath, workspaceOf } from '../../testing/workspace.js';
import { cacheInfo } from './cache/manage-cache.js';
import { inspect } from './inspect/inspect.js';
import { list } from './inspect/list.js';
import { openWorkspace } from './workspace/workspace.js';

const now = () => Date.parse('2020-02-02T02:02:02Z');

it('the verbs of a workspace take environment, home folder and clock from it', async () => {
  const { cwd, call } = await workspaceOf();
  const home = await temporaryFolder();
  const cache = join(home, 'cache');
  const env = { STOWAGE_CACHE_DIR: cache, SOURCE_DATE_EPOCH: 'never' };
  const workspace = await openWorkspace(cwd, { surroundings: { env, home, now } });
  expect(await cacheInfo(workspace)).toMatchObject({ path: cache });
  await expect(savePath(workspace, BASE, call)).rejects.toThrow(/SOURCE_DATE_EPOCH/);

  const other = await openWorkspace(cwd, { surroundings: { env: {}, home, now } });
  await savePath(other, BASE, call);
  expect(await list(other)).toMatchObject([{ created: new Date(now()).toISOString() }]);
  await mkdir(join(home, 'kept'));
  await rename(join(cwd, 'images/app', `${NAME}.tar`), join(home, 'kept/a.tar'));
  expect((await inspect(other, '~/kept/a.tar', call)).images).toHaveLength(1);
  expect(await cacheInfo(other)).toMatchObject({
    path: expect.stringContaining(home) as string,
  });
});

it('standard input is refused where it is not given', async () => {
  const { workspace, cwd } = await workspaceOf();
  await expect(inspect(workspace, '-', { cwd })).rejects.toMatchObject({ code: 'USAGE' });
});
