import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, lentChunks } from '../../testing/chunks.js';
import { storeWith, writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { writeAt } from '../disk/write-all.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isManifestType } from '../oci/media-types.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { readAll } from './verified.js';
import { copy, oneChunk, type CopyEvent } from './copy.js';
import type { CallOptions, Open, Sink } from './store.js';

/** A store that records the order of its calls. */
class RecordingStore extends MemoryStore {
  readonly calls: string[] = [];
  running = 0;
  most = 0;

  override async write(descriptor: Descriptor, open: Open): Promise<void> {
    this.most = Math.max(this.most, ++this.running);
    await super.write(descriptor, open);
    this.running--;
    this.calls.push(`write ${isManifestType(descriptor.mediaType) ? 'manifest' : 'blob'}`);
  }

  override async tag(descriptor: Descriptor, reference: string): Promise<void> {
    this.calls.push(`tag ${reference}`);
    await super.tag(descriptor, reference);
  }
}

function never(): never {
  throw new Error('expected a layer');
}

describe('a copy', () => {
  it('writes blobs before manifests, and the tag last', async () => {
    const content = new MemoryStore();
    await writeIndex(content, 'app:1', [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    const sink = new RecordingStore();
    const root = await copy(content, 'app:1', sink, { concurrency: 2 });
    expect(root.digest).toBe((await content.resolve()).descriptor.digest);
    expect(sink.calls.slice(-4)).toEqual([
      ...Array.from({ length: 3 }, () => 'write manifest'),
      'tag docker.io/library/app:1',
    ]);
    expect(sink.most).toBe(2);
  });

  it('has the name in the source, the name given, or none', async () => {
    const content = await storeWith('app:1');
    const { descriptor } = await content.resolve();
    const namesAfter = async (reference: string | undefined, as?: string) => {
      const sink = new RecordingStore();
      await copy(content, reference, sink, { as });
      return sink.calls.filter((call) => call.startsWith('tag'));
    };
    expect(await namesAfter('app:1', 'other:2')).toEqual(['tag other:2']);
    expect(await namesAfter(undefined)).toEqual(['tag docker.io/library/app:1']);
    const unnamed = new MemoryStore();
    await writeImage(unnamed, undefined);
    const sink = new RecordingStore();
    await copy(unnamed, descriptor.digest, sink);
    expect(sink.calls.filter((call) => call.startsWith('tag'))).toEqual([]);
  });

  it('reports its total first, then each chunk, and the nodes that the sink has as skipped', async () => {
    const content = await storeWith('app:1', { layers: 2, bytes: 2500 });
    const sink = new MemoryStore();
    const [layer] = [...content.blobs];
    if (layer) sink.blobs.set(...layer);
    const events: CopyEvent[] = [];
    await copy(content, 'app:1', sink, { onEvent: (event) => void events.push(event) });
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe('start');
    expect(types.filter((type) => type === 'skipped')).toHaveLength(1);
    expect(types.filter((type) => type === 'done')).toHaveLength(3);
    const moved = events.flatMap((event) => (event.type === 'progress' ? event.bytes : []));
    const [start] = events;
    expect(moved.reduce((sum, bytes) => sum + bytes, 0)).toBe(
      start?.type === 'start' ? start.bytes : 0,
    );
  });

  it('tells the source of damaged content, and not of the failure of a sink', async () => {
    const content = await storeWith('app:1');
    const discarded: Descriptor[] = [];
    const source = Object.assign(content, {
      discard: async (descriptor: Descriptor) => void discarded.push(descriptor),
    });
    const full = Object.assign(new MemoryStore(), {
      write: async () => Promise.reject(new TypeError('full')),
    });
    await expect(copy(source, 'app:1', full)).rejects.toThrow('full');
    expect(discarded).toEqual([]);
    const [digest = 'sha256:' as const, bytes] = [...content.blobs][0] ?? [];
    content.blobs.set(digest, Buffer.alloc(bytes?.byteLength ?? 0));
    await expect(copy(source, 'app:1', new MemoryStore())).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    expect(discarded.map((each) => each.digest)).toEqual([digest]);
  });

  it('lends content, verified', async () => {
    const content = await storeWith('app:1', { bytes: 1024 * 1024, layers: 1 });
    const discarded: Descriptor[] = [];
    const source = Object.assign(content, {
      lends: true,
      discard: async (descriptor: Descriptor) => void discarded.push(descriptor),
    });
    const read = content.read.bind(content);
    content.read = async function* (descriptor, options = {}) {
      const bytes = await readAll(read(descriptor, options), Infinity);
      yield* options.lend ? lentChunks(bytes, 256 * 1024) : oneChunk(bytes);
    };
    const path = join(await temporaryFolder(), 'blobs');
    await using file = await open(path, 'w+');
    const moved: Descriptor[] = [];
    const sink: Sink = Object.assign(new MemoryStore(), {
      write: async (descriptor: Descriptor, { lent }: Open) => {
        if (!lent) return;
        await writeAt({ file, path, offset: 7 }, lent(), { least: 1 });
        moved.push(descriptor);
      },
      tag: async () => undefined,
    });
    await copy(source, 'app:1', sink);
    const [layer] = moved;
    expect(moved).toHaveLength(1);
    const whole = await readAll(read(layer ?? never()), Infinity);
    expect(Buffer.compare((await readFile(path)).subarray(7), whole)).toBe(0);

    content.blobs.set(layer?.digest ?? never(), Buffer.alloc(layer?.size ?? 0));
    await expect(copy(source, 'app:1', sink)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(discarded).toEqual([layer]);
  });

  it('opens content from any byte, unverified, for a sink that resumes', async () => {
    const content = await storeWith('app:1');
    const tails: string[] = [];
    const events: CopyEvent[] = [];
    const sink: Sink = Object.assign(new MemoryStore(), {
      write: async ({ size }: Descriptor, open: Open) => {
        tails.push(await collect(open(size - 3)));
      },
      tag: async () => undefined,
    });
    await copy(content, 'app:1', sink, { onEvent: (event) => void events.push(event) });
    expect(tails.every((tail) => Buffer.byteLength(tail) > 0)).toBe(true);
    expect(tails).toHaveLength(4);
    expect(events.filter(({ type }) => type === 'progress')).toEqual(
      expect.arrayContaining([expect.objectContaining({ bytes: 3 })]),
    );
  });

  it('announces all that it reads to the source', async () => {
    const content = await storeWith('app:1');
    const prepared: number[] = [];
    const source = Object.assign(content, {
      prepare: async (
        descriptors: readonly Descriptor[],
        options: { onFetching?: (bytes: number) => void },
      ) => {
        prepared.push(descriptors.length);
        options.onFetching?.(7);
      },
    });
    const events: CopyEvent[] = [];
    await copy(source, 'app:1', new MemoryStore(), { onEvent: (event) => void events.push(event) });
    expect(prepared).toEqual([4]);
    expect(events).toContainEqual({ type: 'fetching', bytes: 7 });
  });

  it('stops when its signal is aborted, and is not tagged', async () => {
    const content = await storeWith('app:1');
    const controller = new AbortController();
    const sink = new RecordingStore();
    const begin = async (_graph: unknown, { signal }: CallOptions = {}) => {
      controller.abort(new TypeError('enough'));
      expect(signal?.aborted).toBe(true);
      return new Set(content.blobs.keys());
    };
    const stopping = Object.assign(sink, { begin });
    const { signal } = controller;
    await expect(copy(content, 'app:1', stopping, { signal })).rejects.toThrow('enough');
    expect(sink.calls).toEqual([]);
  });
});

it('one chunk is a stream of it', async () => {
  expect(await collect(oneChunk(Buffer.from('abc')))).toBe('abc');
});
