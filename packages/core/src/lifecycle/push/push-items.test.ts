import { describe, expect, it } from 'vitest';
import { storeWith, writeImage, writeReferrer } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import type { Opened } from '../../open.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { parseTarget } from '../workspace/inputs/registry-address.js';
import { listPushItems, requireOnePerName, type PushNaming } from './push-items.js';

const TARGET = parseTarget('r.example/mirror');

async function itemsOf(source: MemoryStore, options: PushNaming = {}, reference?: string) {
  const events: LifecycleEvent[] = [];
  const onEvent = (event: LifecycleEvent) => void events.push(event);
  const at: Opened = {
    source,
    kind: 'oci-archive',
    compression: 'none',
    notices: [],
    ...(reference === undefined ? {} : { reference }),
  };
  const items = await listPushItems('./x.tar', at, TARGET, { ...options, onEvent });
  return { items, events, names: items.map((item) => item.reference) };
}

describe('the images to push', () => {
  it('have their names in the registry, one item for each', async () => {
    const store = await storeWith('app:1');
    const { descriptor } = await store.resolve();
    await store.tag(descriptor, 'other.example/team/b:2');
    await store.commit();
    expect((await itemsOf(store)).names.sort()).toEqual(
      ['r.example/mirror/library/app:1', 'r.example/mirror/team/b:2'].map(
        (name) => expect.stringContaining(name.split('/').at(-1) ?? '') as string,
      ),
    );
    expect((await itemsOf(store, { tag: 'c:3' }, 'app:1')).names).toEqual(['r.example/mirror/c:3']);
  });

  it('have no library/ of Docker Hub if it is not wanted; that of another registry stays', async () => {
    const store = await storeWith('app:1');
    const { descriptor } = await store.resolve();
    for (const name of ['other.example/library/b:2', 'team/c:3']) await store.tag(descriptor, name);
    await store.commit();
    const { names } = await itemsOf(store, { library: false });
    expect(names.sort()).toEqual(
      ['app:1', 'library/b:2', 'team/c:3'].map((name) => `r.example/mirror/${name}`),
    );
    expect((await itemsOf(store)).names).toContain('r.example/mirror/library/app:1');
  });

  it('come with their referrers, unless these are left out', async () => {
    const store = new MemoryStore();
    const image = await writeImage(store, 'app:1');
    await writeReferrer(store, image, { artifactType: 'text/x' });
    const { items } = await itemsOf(store);
    expect(items.map(({ referrers }) => referrers.length)).toEqual([1]);
    expect((await itemsOf(store, { referrers: false })).items[0]?.referrers).toEqual([]);
  });

  it('have a name, and there is at least one', async () => {
    const unnamed = new MemoryStore();
    await writeImage(unnamed, undefined);
    await expect(itemsOf(unnamed)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(itemsOf(new MemoryStore())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a name in the registry', () => {
  it('is for one image', async () => {
    const { items } = await itemsOf(await storeWith('app:1'));
    const { items: others } = await itemsOf(await storeWith('app:1', { seed: 'b' }));
    requireOnePerName([...items, ...items], {});
    expect(() => requireOnePerName([...items, ...others], {})).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });

  it('that is given is for one input with one image', async () => {
    const { items } = await itemsOf(await storeWith('app:1'));
    requireOnePerName(items, { tag: 'x:1' });
    for (const list of [[], [...items, ...items]])
      expect(() => requireOnePerName(list, { tag: 'x:1' })).toThrow(
        expect.objectContaining({ code: 'USAGE' }) as Error,
      );
  });
});
