import { describe, expect, it } from 'vitest';
import { copy } from '../../src/transfer/copy.js';
import type { Store } from '../../src/transfer/store.js';
import { walk } from '../../src/transfer/graph/walk.js';
import { storeWith, writeImage } from '../image.js';
import { MemoryStore } from '../memory-store.js';
import { sinkContract } from './sink.js';
import { sourceContract } from './source.js';

/** The contract of every store. `create` makes an empty one; `reopen` opens the same content again. */
export function storeContract(
  name: string,
  create: () => Promise<{ store: Store; reopen: () => Promise<Store> }>,
): void {
  sinkContract(name, async () => {
    const { store, reopen } = await create();
    return { sink: store, reopen };
  });

  sourceContract(name, async (content) => {
    const { store, reopen } = await create();
    for await (const { reference, descriptor } of content.list())
      await copy(content, descriptor.digest, store, { as: reference });
    await store.commit();
    return reopen();
  });

  describe(`${name} is a store`, () => {
    it('wants no blob that it has, but the manifest', async () => {
      const { store } = await create();
      await using content = await storeWith('one:1');
      const root = await copy(content, 'one:1', store);
      await store.commit();
      const graph = await walk(content, root);
      expect([...(await store.begin(graph))]).toEqual([root.digest]);
    });

    it('removes one name and keeps the other', async () => {
      const { store, reopen } = await create();
      await using content = await storeWith('one:1');
      await copy(content, 'one:1', store, { as: 'a:1' });
      await copy(content, 'one:1', store, { as: 'b:1' });
      await store.commit();
      await store.untag('a:1');
      const again = await reopen();
      await expect(again.resolve('a:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await again.resolve('b:1')).toBeDefined();
      await expect(again.untag('a:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('removes an image with all its names but no shared blobs, and may be called twice', async () => {
      const { store, reopen } = await create();
      await using content = new MemoryStore();
      const one = await writeImage(content, 'one:1', { layers: 1 });
      const two = await writeImage(content, 'two:1', { layers: 2 });
      for (const reference of ['one:1', 'two:1']) await copy(content, reference, store);
      await store.commit();
      await store.remove(one);
      await store.remove(one);
      const again = await reopen();
      await expect(again.resolve('one:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await walk(again, (await again.resolve('two:1')).descriptor)).root.digest).toBe(
        two.digest,
      );
    });
  });
}
