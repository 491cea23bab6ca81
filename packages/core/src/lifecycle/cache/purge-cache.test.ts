import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { FileStore } from '../../store/file-store.js';
import { imageFile } from '../../store/paths.js';
import { surroundingsOf } from '../../surroundings.js';
import { copy } from '../../transfer/copy.js';
import { evictCache, purgeCache, type PurgeOptions } from './purge-cache.js';

const DAY = 86_400_000;
const NOW = Date.now() + 100 * DAY;

/** A cache with images that were last used 30, 20 and 10 days ago. */
async function cache(settings = '') {
  const { workspace, cwd, events, call } = await workspaceOf({ 'stowage.yaml': settings });
  const folder = join(cwd, 'cache');
  const store = new FileStore(folder);
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    const content = await storeWith(`r.example/${name}:1`, {
      seed: name,
      layers: 1,
      bytes: 20_000,
    });
    const root = await copy(content, undefined, store);
    await store.commit();
    const used = (NOW - (30 - 10 * at) * DAY) / 1000;
    await utimes(imageFile(folder, root.digest), used, used);
  }
  const surroundings = surroundingsOf({ env: { STOWAGE_CACHE_DIR: folder }, now: () => NOW });
  const own = { ...workspace, surroundings };
  const names = async () => {
    const found: (string | undefined)[] = [];
    for await (const { reference } of store.list()) found.push(reference?.split('/')[1]);
    return found.sort();
  };
  const purge = (options: Partial<PurgeOptions> = {}) =>
    purgeCache(own, { references: [], ...options });
  return { own, purge, names, events, call };
}

describe('a purge of the cache', () => {
  it('removes all images, and frees their content', async () => {
    const { purge, names } = await cache();
    const { purged, freedBytes } = await purge();
    expect(purged).toHaveLength(3);
    expect(freedBytes).toBeGreaterThan(60_000);
    expect(await names()).toEqual([]);
  });

  it.each<[string, Partial<PurgeOptions>, string[]]>([
    ['of some references', { references: ['r.example/b:1'] }, ['a:1', 'c:1']],
    ['of those not used for long', { unusedFor: '15d' }, ['c:1']],
    ['of the least recently used, down to a size', { maxUsed: '50KB' }, ['b:1', 'c:1']],
    ['of both rules', { maxUsed: '30KB', unusedFor: '25d' }, ['c:1']],
    [
      'of a rule among some references',
      { references: ['r.example/c:1'], unusedFor: '15d' },
      ['a:1', 'b:1', 'c:1'],
    ],
  ])('%s keeps the others', async (_what, options, kept) => {
    const { purge, names } = await cache();
    await purge(options);
    expect(await names()).toEqual(kept);
  });

  it('of a dry run removes nothing', async () => {
    const { purge, names } = await cache();
    expect(await purge({ dryRun: true })).toMatchObject({ purged: [{}, {}, {}], freedBytes: 0 });
    expect(await names()).toHaveLength(3);
  });

  it('of what is not there is NOT_FOUND, and nothing is removed', async () => {
    const { purge, names } = await cache();
    const references = ['r.example/a:1', 'r.example/none:1'];
    await expect(purge({ references })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await names()).toHaveLength(3);
  });
});

describe('the bounds of the settings', () => {
  it('remove images, with a notice', async () => {
    const { own, names, events, call } = await cache('cache: { unused_for: 15d }\n');
    await evictCache(own, call);
    expect(await names()).toEqual(['c:1']);
    expect(events).toMatchObject([{ type: 'notice' }]);
    await evictCache(own, call);
    expect(events).toHaveLength(1);
  });

  it('are none by default, and keep what was just used', async () => {
    const { own, names, call } = await cache();
    await evictCache(own, call);
    expect(await names()).toHaveLength(3);
    const bounded = await cache('cache: { max_used: 1B }\n');
    const now = () => NOW - 10 * DAY + 1000;
    const surroundings = surroundingsOf({ ...bounded.own.surroundings, now });
    await evictCache({ ...bounded.own, surroundings }, call);
    expect(await bounded.names()).toEqual(['c:1']);
  });
});
