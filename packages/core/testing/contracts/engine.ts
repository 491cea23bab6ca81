import { describe, expect, it } from 'vitest';
import { isSameImage, type Engine } from '../../src/engine/engine.js';
import type { Digest } from '../../src/oci/digest.js';
import { copy, copyGraph } from '../../src/transfer/copy.js';
import { walk } from '../../src/transfer/graph/walk.js';
import { imagesOf } from '../../src/transfer/graph/graph.js';
import { readContent } from '../../src/transfer/verified.js';
import { storeWith } from '../image.js';
import { temporaryFolder } from '../temporary.js';

/** The contract of every engine. It uses references of its own, so that other images of the engine stay untouched. */
export function engineContract(name: string, create: () => Promise<Engine>): void {
  describe(`${name} is an engine`, () => {
    const reference = (tag: string) => `docker.io/stowage-contract/image:${tag}`;

    it('reports an image that was never loaded as missing', async () => {
      await using engine = await create();
      expect(await engine.inspect(reference('absent'))).toBeUndefined();
      await expect(engine.remove(reference('absent'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(engine.tag(reference('absent'), reference('other'))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    it('loads an image and saves the same one', async () => {
      await using engine = await create();
      await using content = await storeWith(reference('same'), { seed: 'same' });
      await using sink = engine.sink();
      const root = await copy(content, undefined, sink);
      await sink.commit();
      const graph = await walk(content, root);
      const image = await engine.inspect(reference('same'));
      expect(image && isSameImage(image, graph)).toBe(true);
      expect(image?.references).toEqual([reference('same')]);
      expect((await engine.list()).map(({ id }) => id)).toContain(image?.id);
      await using source = await engine.source(reference('same'), {
        spoolFolder: await temporaryFolder(),
      });
      const back = await walk(source, (await source.resolve(reference('same'))).descriptor);
      for (const node of back.nodes) await readContent(source, node);
      expect(
        imagesOf(back).map(({ configDescriptor, layers }) => [configDescriptor.digest, layers]),
      ).toEqual(
        imagesOf(graph).map(({ configDescriptor, layers }) => [configDescriptor.digest, layers]),
      );
      await engine.remove(reference('same'));
      expect(await engine.inspect(reference('same'))).toBeUndefined();
    });

    it('loads compressed layers', async () => {
      await using engine = await create();
      await using content = await storeWith(reference('gzip'), { seed: 'gzip', gzip: true });
      await using sink = engine.sink();
      const root = await copy(content, undefined, sink);
      await sink.commit();
      const image = await engine.inspect(reference('gzip'));
      expect(image && isSameImage(image, await walk(content, root))).toBe(true);
      await engine.remove(reference('gzip'));
    });

    it('loads an image without the layers that it has', async () => {
      await using engine = await create();
      const base = await storeWith(reference('base'), { layers: 2, seed: 'delta' });
      await using first = engine.sink();
      await copy(base, undefined, first);
      await first.commit();
      const delta = await storeWith(reference('more'), { layers: 3, seed: 'delta' });
      for (const digest of base.blobs.keys()) delta.blobs.delete(digest);
      const { descriptor } = await delta.resolve();
      const graph = await walk(delta, descriptor, { missing: 'report' });
      expect(graph.missing).toHaveLength(2);
      expect(await engine.holds(graph)).toEqual(new Set(graph.missing.map(({ digest }) => digest)));
      await using sink = engine.sink();
      await copyGraph(delta, graph, sink);
      await sink.tag(descriptor, reference('more'));
      await sink.commit();
      const image = await engine.inspect(reference('more'));
      expect(image && isSameImage(image, graph)).toBe(true);
      const other = await storeWith(reference('other'), { seed: 'other' });
      const [layer] = [...other.blobs.keys()];
      if (layer) other.blobs.delete(layer);
      const lacking = await walk(other, (await other.resolve()).descriptor, { missing: 'report' });
      expect(await engine.holds(lacking)).toEqual(new Set());
      for (const tag of ['more', 'base']) await engine.remove(reference(tag));
    });

    it('adds a second name to an image, and removes the image with its last name', async () => {
      await using engine = await create();
      await using content = await storeWith(reference('one'), { seed: 'names' });
      await using sink = engine.sink();
      await copy(content, undefined, sink);
      await sink.commit();
      await engine.tag(reference('one'), reference('two'));
      expect([...((await engine.inspect(reference('two')))?.references ?? [])].sort()).toEqual([
        reference('one'),
        reference('two'),
      ]);
      await engine.remove(reference('one'));
      expect((await engine.inspect(reference('two')))?.references).toEqual([reference('two')]);
      await engine.remove(reference('two'));
      expect(await engine.inspect(reference('two'))).toBeUndefined();
    });

    it('stores nothing of a damaged image, and reports the damage', async () => {
      await using engine = await create();
      await using content = await storeWith(reference('damaged'), {
        seed: 'damaged',
        layers: 1,
        bytes: 3_000_000,
      });
      for (const [digest, bytes] of content.blobs) {
        if (bytes.byteLength > 1_000_000)
          content.blobs.set(digest, Buffer.concat([bytes.subarray(1), Buffer.alloc(1)]));
      }
      await using sink = engine.sink();
      const loading = copy(content, undefined, sink).then(() => sink.commit());
      await expect(loading).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await engine.inspect(reference('damaged'))).toBeUndefined();
    });

    it('counts shared layers once', async () => {
      await using engine = await create();
      const ids: Digest[] = [];
      for (const [tag, seed] of [
        ['alike-1', 'alike'],
        ['alike-2', 'alike'],
        ['apart', 'apart'],
      ] as const) {
        await using content = await storeWith(reference(tag), { seed });
        await using sink = engine.sink();
        await copy(content, undefined, sink);
        await sink.commit();
        const image = await engine.inspect(reference(tag));
        if (image) ids.push(image.id);
      }
      const contents = await engine.contents();
      const parts = [...new Set(ids)].map((id) => contents.get(id) ?? []);
      expect(parts).toHaveLength(2);
      for (const each of parts) {
        expect(each.length).toBeGreaterThan(0);
        expect(each.every(({ bytes }) => bytes >= 0)).toBe(true);
      }
      for (const tag of ['alike-1', 'alike-2', 'apart']) await engine.remove(reference(tag));
    });

    it('reports the folder of its images, if it is on this machine', async () => {
      await using engine = await create();
      expect(typeof (await engine.dataFolder())).toMatch(/^(string|undefined)$/);
    });

    it('reports an image without containers as not in use', async () => {
      await using engine = await create();
      expect(await engine.inUse()).toBeInstanceOf(Set);
    });
  });
}
