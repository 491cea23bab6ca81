import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../src/oci/descriptor.js';
import { copy, oneChunk } from '../../src/transfer/copy.js';
import type { Sink, Source } from '../../src/transfer/store.js';
import { readContent } from '../../src/transfer/verified.js';
import { walk } from '../../src/transfer/graph/walk.js';
import { writeImage, writeIndex } from '../image.js';
import { MemoryStore } from '../memory-store.js';

export interface SinkUnderTest {
  readonly sink: Sink;
  /** Reads what was committed; a target without a commit reads as empty. */
  readonly reopen: () => Promise<Source>;
  /** The name of the test image, for targets that accept only certain names. */
  readonly named?: (reference: string) => string;
}

const asItIs = (reference: string) => reference;

/** The contract of every sink. */
export function sinkContract(name: string, create: () => Promise<SinkUnderTest>): void {
  describe(`${name} is a sink`, () => {
    it('keeps every byte and the name', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      const root = await writeImage(content, 'one:1');
      expect((await copy(content, 'one:1', sink, { as: named('one:1') })).digest).toBe(root.digest);
      await sink.commit();
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      const graph = await walk(source, (await source.resolve(named('one:1'))).descriptor);
      expect(graph.root.digest).toBe(root.digest);
      for (const node of graph.nodes) await readContent(source, node);
    });

    it('keeps several images, an index among them, in one commit', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      const one = await writeImage(content, 'one:1');
      const multi = await writeIndex(content, 'multi:1', [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ]);
      await copy(content, 'one:1', sink, { as: named('one:1') });
      await copy(content, 'multi:1', sink, { as: named('example.com:5000/team/multi:2') });
      await sink.commit();
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      expect((await source.resolve(named('one:1'))).descriptor.digest).toBe(one.digest);
      expect((await source.resolve(named('example.com:5000/team/multi:2'))).descriptor.digest).toBe(
        multi.digest,
      );
    });

    it('keeps images that are written side by side, and what they share', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      const architectures = ['amd64', 'arm64', 's390x', 'riscv64'];
      const names = architectures.map((architecture) => `${architecture}:1`);
      const roots: Descriptor[] = [];
      // The layers of all are the same.
      for (const architecture of architectures) {
        const platform = { os: 'linux', architecture };
        roots.push(await writeImage(content, `${architecture}:1`, { platform }));
      }
      await Promise.all(names.map((name) => copy(content, name, sink, { as: named(name) })));
      await sink.commit();
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      for (const [at, name] of names.entries()) {
        const graph = await walk(source, (await source.resolve(named(name))).descriptor);
        expect(graph.root.digest).toBe(roots[at]?.digest);
        for (const node of graph.nodes) await readContent(source, node);
      }
    });

    it('shows nothing without a commit', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      await writeImage(content, 'one:1');
      await copy(content, 'one:1', sink, { as: named('one:1') });
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      await expect(source.resolve(named('one:1'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('accepts the same content twice', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      const root = await writeImage(content, 'one:1');
      await copy(content, 'one:1', sink, { as: named('a:1') });
      await copy(content, 'one:1', sink, { as: named('b:1') });
      await sink.commit();
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      for (const reference of ['a:1', 'b:1'])
        expect((await source.resolve(named(reference))).descriptor.digest).toBe(root.digest);
    });

    it('refuses content that does not match its descriptor, and shows none of it', async () => {
      const { sink, reopen, named = asItIs } = await create();
      await using content = new MemoryStore();
      await writeImage(content, 'one:1');
      for (const [digest, bytes] of content.blobs) {
        if (bytes.byteLength > 2000)
          content.blobs.set(digest, Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]));
      }
      const moved = copy(content, 'one:1', sink, { as: named('one:1') }).then(() => sink.commit());
      await expect(moved).rejects.toMatchObject({ code: 'CORRUPT' });
      await sink[Symbol.asyncDispose]();
      await using source = await reopen();
      await expect(source.resolve(named('one:1'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('refuses to tag an image that is not there', async () => {
      const { sink, named = asItIs } = await create();
      await using _ = sink;
      const root = await writeImage(new MemoryStore(), 'one:1');
      await expect(sink.tag(root, named('one:1'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('always wants manifests', async () => {
      const { sink } = await create();
      await using _ = sink;
      await using content = new MemoryStore();
      const root = await writeImage(content, 'one:1');
      const graph = await walk(content, root);
      const [wanted] = [await sink.begin(graph)];
      expect(wanted.has(root.digest)).toBe(true);
      for (const node of graph.nodes)
        await sink.write(node, () => oneChunk(content.blobs.get(node.digest) ?? Buffer.alloc(0)));
    });
  });
}
