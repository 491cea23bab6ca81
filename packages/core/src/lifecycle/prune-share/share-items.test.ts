import { expect, it } from 'vitest';
import { machine, registry, save } from '../../../testing/share.js';
import { NAME } from '../../../testing/workspace.js';
import { openShare } from '../../share/open-share.js';
import { findDefinitions } from '../workspace/definitions.js';
import { checkoutKeys } from './checkout-keys.js';
import { listShareItems, type ShareFacts } from './share-items.js';

/** A share with one image, and the items of its entries for some facts. */
async function start() {
  const { memory, address } = await registry();
  const one = await machine(address);
  const { digest } = await save(one);
  const { workspace, call } = one;
  const share = workspace.settings.share?.repository;
  if (!share) throw new Error('expected a share');
  const definitions = await findDefinitions(workspace);
  const none = { keys: new Set<string>(), unsure: new Set<string>() };
  const content = async (facts: Partial<ShareFacts> = {}) => {
    await using repository = await openShare(share, 'asking', workspace.surroundings);
    const all = { share, pins: [], definitions: [], checkout: none, ...facts };
    return await listShareItems(repository, all, call);
  };
  const items = async (facts: Partial<ShareFacts> = {}) => (await content(facts)).items;
  return { memory, address, workspace, call, definitions, digest, content, items };
}

it('an entry is an item with its name, digest and time', async () => {
  const { items, digest, address } = await start();
  const [item] = await items();
  expect(item).toMatchObject({
    ...{ name: NAME, kind: 'share', project: 'app', digest, pinned: false, inUse: false },
    path: `${address}/team/images:${item?.tag}`,
  });
  expect(Math.abs((item?.created ?? 0) - Date.now())).toBeLessThan(60_000);
});

it('an entry that this checkout makes, or may make, is in use', async () => {
  const { items, workspace, call, definitions } = await start();
  const checkout = await checkoutKeys(workspace, definitions, call);
  expect(await items({ checkout })).toMatchObject([{ inUse: true }]);
  const unsure = { keys: new Set<string>(), unsure: new Set([NAME]) };
  expect(await items({ checkout: unsure })).toMatchObject([{ inUse: true }]);
});

it('pins are patterns of names', async () => {
  const { items } = await start();
  expect(await items({ pins: ['app-*'] })).toMatchObject([{ pinned: true }]);
});

it('tags of anything else, and entries that contradict their tags, are no items', async () => {
  const { memory, content } = await start();
  const [[tag = '', digest = ''] = []] = [...memory.tags];
  memory.tags.set('team/images:latest', digest);
  const wrong = tag.replace(NAME, 'app-debian-12-other');
  memory.tags.set(wrong, digest);
  const { items, others } = await content();
  expect(items).toHaveLength(1);
  const names = ['latest', wrong.replace('team/images:', '')];
  expect([...others].sort()).toEqual(names.sort());
});
