import { expect, it } from 'vitest';
import { parseLocation } from '../../location.js';
import { surroundingsOf } from '../../surroundings.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { cacheFor, sharedCache } from './shared-cache.js';

it('the cache is that of the user, or none where all inputs are references', async () => {
  const { workspace, cwd } = await workspaceOf();
  const surroundings = surroundingsOf({ env: { STOWAGE_CACHE_DIR: '/cache' } });
  const own = { ...workspace, surroundings };
  expect(sharedCache(own)).toBe('/cache');
  const options = { place: workspace.place, cwd, surroundings };
  const reference = await parseLocation('docker://r.example/a:1', options);
  const file = await parseLocation('./x.tar', options);
  expect(cacheFor(own, [reference, file], {})).toBe('/cache');
  expect(cacheFor(own, [reference], { cache: false })).toBeUndefined();
  expect(() => cacheFor(own, [reference, file], { cache: false })).toThrow(
    expect.objectContaining({ code: 'USAGE', location: './x.tar' }) as Error,
  );
});
