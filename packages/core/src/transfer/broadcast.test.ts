import { expect, it } from 'vitest';
import { sinkContract } from '../../testing/contracts/sink.js';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { BroadcastSink } from './broadcast.js';
import { copy } from './copy.js';
import { walk } from './graph/walk.js';

for (const at of [0, 1])
  sinkContract(`sink ${at + 1} of two that are written together`, async () => {
    const stores = [new MemoryStore(), new MemoryStore()];
    const reopen = async () => stores[at] ?? new MemoryStore();
    return { sink: new BroadcastSink('both', stores), reopen };
  });

it('wants a blob that one of its sinks lacks', async () => {
  const content = await storeWith('one:1');
  const root = (await content.resolve()).descriptor;
  const [full, empty] = [new MemoryStore(), new MemoryStore()];
  await copy(content, undefined, full);
  const wanted = await new BroadcastSink('both', [full, empty]).begin(await walk(content, root));
  expect(wanted).toEqual(new Set(content.blobs.keys()));
});
