import { mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceContract } from '../../testing/contracts/source.js';
import { writeForeignImage } from '../../testing/foreign-image.js';
import { writeImage } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { watchSyncs } from '../../testing/power-cut.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { describe as descriptorOf, type Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { CachedSource } from './cached-source.js';
import { listNames } from './names.js';
import { blobFile, partialFile, partialFolder } from './paths.js';

const LARGE = 3_000_000;

/** A source with one image that records each read: digest and first byte. */
async function recordingSource() {
  const content = new MemoryStore();
  const root = await writeImage(content, 'app:1', { bytes: LARGE, layers: 1 });
  const reads: [Descriptor['digest'], number][] = [];
  const read = content.read.bind(content);
  content.read = (descriptor, options = {}) => {
    reads.push([descriptor.digest, options.start ?? 0]);
    return read(descriptor, options);
  };
  const graph = await walk(content, root);
  reads.length = 0;
  const [layer] = graph.nodes.filter(({ size }) => size > LARGE);
  if (!layer) throw new Error('expected a large layer');
  return { content, graph, layer, reads };
}

const openCache = (folder: string, content: MemoryStore) =>
  new CachedSource(folder, { location: 'memory', open: async () => content });

sourceContract(
  'a cache of a source',
  async (content) => openCache(await temporaryFolder(), content),
  // Checking costs a request, and reading reports NOT_FOUND.
  { knowsNoAbsence: true },
);

describe('a cache', () => {
  it('opens no source for a foreign layer that is absent', async () => {
    const content = new MemoryStore();
    const { root, foreign } = await writeForeignImage(content, 'app:1', ['https://far.invalid/1']);
    const folder = await temporaryFolder();
    const prepared = openCache(folder, content);
    await prepared.resolve('app:1');
    await prepared.prepare((await walk(content, root)).nodes);
    const open = () => Promise.reject(new Error('opened'));
    const cached = new CachedSource(folder, { location: 'memory', open });
    const { descriptor } = await cached.resolve(root.digest);
    expect((await walk(cached, descriptor)).foreign).toEqual([foreign]);
    const whole = new CachedSource(folder, { location: 'memory', open, foreignLayers: true });
    expect((await walk(whole, descriptor)).nodes).toContainEqual(foreign);
  });

  it('fetches a blob once for two concurrent readers, and never again once it is cached', async () => {
    const { content, graph, layer, reads } = await recordingSource();
    const folder = await temporaryFolder();
    await Promise.all([1, 2].map(() => openCache(folder, content).prepare(graph.nodes)));
    expect(reads.filter(([digest]) => digest === layer.digest)).toEqual([[layer.digest, 0]]);
    reads.length = 0;
    const later = openCache(folder, content);
    await later.prepare(graph.nodes);
    for (const node of graph.nodes.filter(({ size }) => size < LARGE))
      await readContent(later, node);
    expect(reads).toEqual([]);
  });

  it('resumes the partial file of an earlier process, and starts over if that file is damaged', async () => {
    const { content, layer, reads } = await recordingSource();
    const right = content.blobs.get(layer.digest)?.subarray(0, 1_000_000) ?? Buffer.alloc(0);
    for (const [left, starts] of [
      [right, [1_000_000]],
      [Buffer.alloc(1_000_000, 7), [1_000_000, 0]],
      [Buffer.alloc(layer.size + 5), [0]],
    ] as const) {
      const folder = await temporaryFolder();
      await mkdir(partialFolder(folder), { recursive: true });
      await writeFile(partialFile(folder, layer.digest), left);
      reads.length = 0;
      const source = openCache(folder, content);
      await source.prepare([layer]);
      expect(reads.map(([, start]) => start)).toEqual(starts);
      expect(await readdir(partialFolder(folder))).toEqual([]);
      expect(await readdir(join(folder, 'blobs/sha256'))).toHaveLength(1);
    }
  });

  it('keeps no content whose size or digest is wrong', async () => {
    const { content, layer } = await recordingSource();
    const bytes = Buffer.from(content.blobs.get(layer.digest) ?? []);
    for (const damaged of [bytes.subarray(1), Buffer.concat([bytes, bytes]), bytes.fill(1, 5, 9)]) {
      content.blobs.set(layer.digest, damaged);
      const folder = await temporaryFolder();
      const fetching = openCache(folder, content).prepare([layer]);
      await expect(fetching).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await readdir(partialFolder(folder))).toEqual([]);
      await expect(readdir(join(folder, 'blobs'))).rejects.toThrow('ENOENT');
    }
  });

  it('fetches a damaged manifest again before it is read, of any size', async () => {
    const { content, graph } = await recordingSource();
    const large = descriptorOf(MediaType.index, Buffer.alloc(1_500_000, ' '));
    content.blobs.set(large.digest, Buffer.alloc(large.size, ' '));
    const folder = await temporaryFolder();
    for (const manifest of [graph.root, large]) {
      await openCache(folder, content).prepare([manifest]);
      await writeFile(blobFile(folder, manifest.digest), Buffer.alloc(manifest.size, 1));
      const bytes = await readContent(openCache(folder, content), manifest);
      expect(Buffer.from(bytes).equals(content.blobs.get(manifest.digest) ?? Buffer.of())).toBe(
        true,
      );
    }
  });

  it.skipIf(process.platform === 'win32')(
    'keeps its layers in a power cut, and fetches again what is empty after it',
    async () => {
      const { content, graph, layer, reads } = await recordingSource();
      const top = await temporaryFolder();
      const folder = join(top, 'cache');
      const lost = await watchSyncs(top);
      const before = openCache(folder, content);
      await before.resolve('app:1');
      await before.prepare(graph.nodes);
      const files: string[] = [];
      for (const path of await lost()) {
        const file = join(top, path);
        if (!(await stat(file)).isFile()) continue;
        files.push(file);
        await truncate(file);
      }
      expect(files).not.toContain(blobFile(folder, layer.digest));
      expect(await listNames(folder)).toEqual([]);
      reads.length = 0;
      const after = openCache(folder, content);
      const { descriptor } = await after.resolve('app:1');
      expect((await walk(after, descriptor)).root).toEqual(graph.root);
      await after.prepare(graph.nodes);
      expect(reads.map(([digest]) => digest)).not.toContain(layer.digest);
    },
  );

  it('fetches a discarded blob again', async () => {
    const { content, layer, reads } = await recordingSource();
    const source = openCache(await temporaryFolder(), content);
    await source.prepare([layer]);
    await source.discard(layer);
    reads.length = 0;
    await source.prepare([layer]);
    expect(reads).toHaveLength(1);
  });
});
