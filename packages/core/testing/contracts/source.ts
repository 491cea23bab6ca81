import { describe, expect, it } from 'vitest';
import type { Source } from '../../src/transfer/store.js';
import { readAll, readContent } from '../../src/transfer/verified.js';
import { walk } from '../../src/transfer/graph/walk.js';
import { usedLate } from '../chunks.js';
import { writeImage, writeIndex } from '../image.js';
import { MemoryStore } from '../memory-store.js';

/** Parts of the contract that a source cannot keep. */
export interface SourceGaps {
  /** It holds one image under one name: the first of `content`. */
  readonly isOneImage?: boolean;
  /** `has` does not know what is missing without reading it. */
  readonly knowsNoAbsence?: boolean;
}

/** The contract of every source. `create` makes one that holds the images of `content`. */
export function sourceContract(
  name: string,
  create: (content: MemoryStore) => Promise<Source>,
  { isOneImage = false, knowsNoAbsence = false }: SourceGaps = {},
): void {
  describe(`${name} is a source`, () => {
    const manyImages = isOneImage ? undefined : it;
    manyImages?.('lists every image, once for each name', async () => {
      const content = new MemoryStore();
      const one = await writeImage(content, 'one:1');
      await content.tag(one, 'example.com/other:2');
      await content.commit();
      const two = await writeImage(content, 'two:1', { seed: 'b' });
      await using source = await create(content);
      const found: [string | undefined, string][] = [];
      for await (const { reference, descriptor } of source.list())
        found.push([reference, descriptor.digest]);
      expect(found.sort()).toEqual([
        ['docker.io/library/one:1', one.digest],
        ['docker.io/library/two:1', two.digest],
        ['example.com/other:2', one.digest],
      ]);
    });

    it('resolves a short name, a full name, a digest, and the only image', async () => {
      const content = new MemoryStore();
      const root = await writeImage(content, 'one');
      await using source = await create(content);
      for (const reference of ['one', 'docker.io/library/one:latest', root.digest, undefined]) {
        expect((await source.resolve(reference)).descriptor.digest).toBe(root.digest);
      }
    });

    it('throws NOT_FOUND and AMBIGUOUS', async () => {
      const content = new MemoryStore();
      await writeImage(content, 'one:1');
      await writeImage(content, 'two:1', { seed: 'b' });
      await using source = await create(content);
      await expect(source.resolve('three:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      if (!isOneImage) await expect(source.resolve()).rejects.toMatchObject({ code: 'AMBIGUOUS' });
    });

    it('reads all content, and any part of it', async () => {
      const content = new MemoryStore();
      await writeImage(content, 'one:1', { bytes: 5000 });
      await using source = await create(content);
      const graph = await walk(source, (await source.resolve('one:1')).descriptor);
      for (const node of graph.nodes) {
        const whole = await readContent(source, node);
        expect(Buffer.from(whole)).toEqual(Buffer.from(await readAll(content.read(node))));
        const part = await readAll(source.read(node, { start: 7, end: 40 }));
        expect(Buffer.from(part)).toEqual(Buffer.from(whole).subarray(7, 40));
        expect((await readAll(source.read(node, { start: 9, end: 9 }))).byteLength).toBe(0);
        const lent = await readAll(usedLate(source.read(node, { lend: true })));
        expect(Buffer.from(lent)).toEqual(Buffer.from(whole));
      }
    });

    it('yields every platform of an index', async () => {
      const content = new MemoryStore();
      const root = await writeIndex(content, 'multi:1', [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ]);
      await using source = await create(content);
      const graph = await walk(source, (await source.resolve('multi:1')).descriptor);
      expect(graph.root.digest).toBe(root.digest);
      expect(graph.nodes).toHaveLength(9);
    });

    it('reports missing content as absent, and fails to read it', async () => {
      const content = new MemoryStore();
      await writeImage(content, 'one:1');
      const other = await writeImage(new MemoryStore(), 'other:1', { seed: 'other' });
      await using source = await create(content);
      expect(await source.has(other)).toBe(knowsNoAbsence);
      await expect(readAll(source.read(other))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('stops when its signal is aborted', async () => {
      const content = new MemoryStore();
      const root = await writeImage(content, 'one:1');
      await using source = await create(content);
      const graph = await walk(source, (await source.resolve(root.digest)).descriptor);
      const [layer] = graph.nodes;
      const signal = AbortSignal.abort(new Error('enough'));
      if (layer) await expect(readAll(source.read(layer, { signal }))).rejects.toThrow('enough');
    });
  });
}
