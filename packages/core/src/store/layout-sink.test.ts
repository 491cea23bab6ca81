import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sinkContract } from '../../testing/contracts/sink.js';
import { storeWith } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { mergeLayoutIndex } from '../oci/layout.js';
import { copy, copyGraph } from '../transfer/copy.js';
import type { Graph } from '../transfer/graph/graph.js';
import { walk } from '../transfer/graph/walk.js';
import { openLayout } from './layout-dir.js';
import { LayoutSink } from './layout-sink.js';

sinkContract('a layout folder', async () => {
  const folder = await temporaryFolder();
  return {
    sink: new LayoutSink(folder),
    // Before the first commit the folder is not a layout.
    reopen: async () => openLayout(folder).catch(() => new MemoryStore()),
  };
});

describe('a layout folder', () => {
  it('accepts more images later, and moves names to the newest image', async () => {
    const folder = await temporaryFolder();
    const put = async (reference: string, seed: string) => {
      await using sink = new LayoutSink(folder);
      const root = await copy(await storeWith(reference, { seed }), undefined, sink);
      await sink.commit();
      return root.digest;
    };
    await put('one:1', 'a');
    const two = await put('two:1', 'b');
    const one = await put('one:1', 'c');
    await using source = await openLayout(folder);
    const found: string[][] = [];
    for await (const { reference, descriptor } of source.list())
      found.push([reference ?? '', descriptor.digest]);
    expect(found).toEqual([
      ['docker.io/library/two:1', two],
      ['docker.io/library/one:1', one],
    ]);
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it.each([true, false])(
    'lists images in the order in which they begin, whichever is written first; named: %s',
    async (isNamed) => {
      const folder = await temporaryFolder();
      await using sink = new LayoutSink(folder);
      const stores = [await storeWith('z:1', { seed: 'z' }), await storeWith('a:1', { seed: 'a' })];
      const graphs = await Promise.all(
        stores.map(async (store) => walk(store, (await store.resolve()).descriptor)),
      );
      const copied: number[] = [];
      const copyOne = async (at: number, source: MemoryStore, graph: Graph) => {
        await copyGraph(source, graph, sink);
        if (isNamed) await sink.tag(graph.root, `app:${at}`);
        copied.push(at);
      };
      const [slow, fast] = stores;
      const [first, second] = graphs;
      if (!slow || !fast || !first || !second) throw new Error('unreachable');
      const read = slow.read.bind(slow);
      slow.read = async function* (...args) {
        while (copied.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        yield* read(...args);
      };
      await Promise.all([copyOne(0, slow, first), copyOne(1, fast, second)]);
      expect(copied).toEqual([1, 0]);
      await sink.commit();
      await using source = await openLayout(folder);
      const digests: string[] = [];
      for await (const { descriptor } of source.list()) digests.push(descriptor.digest);
      expect(digests).toEqual([first.root.digest, second.root.digest]);
    },
  );

  it('keeps unknown fields of an existing index', async () => {
    const folder = await temporaryFolder();
    await using sink = new LayoutSink(folder);
    await copy(await storeWith('one:1'), undefined, sink);
    await sink.commit();
    const before = await readFile(join(folder, 'index.json'));
    const theirs = JSON.parse(before.toString()) as { manifests: object[]; annotations?: object };
    theirs.annotations = { theirs: 'yes' };
    theirs.manifests = theirs.manifests.map((each) => ({ ...each, data: 'e30=' }));
    const merged = mergeLayoutIndex(Buffer.from(JSON.stringify(theirs)), []);
    expect(JSON.parse(Buffer.from(merged).toString())).toEqual(theirs);
  });
});
