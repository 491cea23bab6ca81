import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { surroundingsOf } from '../../surroundings.js';
import { nxCacheItem } from './nx-cache.js';

it('the cache of Nx is counted where there is one, and has nothing to delete', async () => {
  const { workspace, cwd } = await workspaceOf();
  expect(await nxCacheItem(workspace)).toBeUndefined();
  await mkdir(join(cwd, '.nx/cache/d'), { recursive: true });
  await writeFile(join(cwd, '.nx/cache/d/x'), Buffer.alloc(10_000, 'x'));
  const found = await nxCacheItem(workspace);
  expect(found).toMatchObject({ path: '.nx/cache', kind: 'nx-cache', targets: [] });
  expect(found?.contents[0]?.bytes).toBeGreaterThanOrEqual(10_000);
});

it('the cache of Nx is where the environment says', async () => {
  const { workspace, cwd } = await workspaceOf();
  await mkdir(join(cwd, 'elsewhere'));
  const surroundings = surroundingsOf({ env: { NX_CACHE_DIRECTORY: 'elsewhere' } });
  expect(await nxCacheItem({ ...workspace, surroundings })).toMatchObject({ path: 'elsewhere' });
});
