import { expect, it } from 'vitest';
import { sourceContract } from '../../testing/contracts/source.js';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { readContent } from './verified.js';
import { walk } from './graph/walk.js';
import { withBase } from './with-base.js';

/** The content without its layers, and a base that has only those. */
function splitContent(content: MemoryStore): MemoryStore {
  const base = new MemoryStore();
  for (const [digest, bytes] of content.blobs)
    if (bytes.byteLength > 2000) {
      base.blobs.set(digest, bytes);
      content.blobs.delete(digest);
    }
  return base;
}

/** Reads for the contract what the delta lacks from a copy of the whole content. */
sourceContract('a delta with its base', async (content) => {
  const delta = new MemoryStore();
  for (const [digest, bytes] of content.blobs) delta.blobs.set(digest, bytes);
  delta.list = content.list.bind(content);
  delta.resolve = content.resolve.bind(content);
  return withBase(delta, splitContent(delta));
});

it('reads from the base what the delta lacks, and lists the images of the delta only', async () => {
  const content = await storeWith('one:1');
  const base = splitContent(content);
  const other = await storeWith('other:1', { seed: 'other' });
  for (const [digest, bytes] of other.blobs) base.blobs.set(digest, bytes);
  const both = withBase(content, base);
  const names: unknown[] = [];
  for await (const { reference } of both.list()) names.push(reference);
  expect(names).toEqual(['docker.io/library/one:1']);
  const { nodes } = await walk(both, (await both.resolve('one:1')).descriptor);
  expect(nodes.some(({ digest }) => !content.blobs.has(digest))).toBe(true);
  for (const node of nodes) await readContent(both, node);
});
