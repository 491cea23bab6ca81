import { describe, expect, it } from 'vitest';
import { put } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { formatManifest } from '../oci/manifest.js';
import { MediaType } from '../oci/media-types.js';
import { readAll, readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { inChunks, lentChunks, usedLate } from '../../testing/chunks.js';
import { ComposedSource } from './composed-source.js';

const NAME = 'docker.io/library/app:1';

async function composed() {
  const base = new MemoryStore();
  const below = await put(base, MediaType.layer, Buffer.from('below'));
  const bytes = Buffer.from('some content');
  const above = describeBytes(MediaType.layer, bytes);
  const config = Buffer.from(
    JSON.stringify({ rootfs: { diff_ids: [below.digest, above.digest] } }),
  );
  const manifest = formatManifest(describeBytes(MediaType.config, config), [below, above]);
  let closed = 0;
  const closing = { [Symbol.asyncDispose]: async () => void closed++ };
  const open = Object.assign(() => inChunks(bytes, 5), { lent: () => lentChunks(bytes, 5) });
  const layer = { descriptor: above, open, ...closing };
  const own = Object.assign(base, closing);
  const from = { layer, base, own };
  const source = new ComposedSource(NAME, { manifest, config }, from);
  return { source, below, above, closed: () => closed };
}

describe('a composed image', () => {
  it('has its own content and that of its base', async () => {
    const { source } = await composed();
    const found = await source.resolve('app:1');
    expect(found.reference).toBe(NAME);
    const graph = await walk(source, found.descriptor);
    expect(graph.nodes).toHaveLength(4);
    for (const node of graph.nodes) await readContent(source, node);
    await expect(source.resolve('other:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    [0, 12, 'some content'],
    [3, 7, 'e co'],
    [5, 10, 'conte'],
    [11, 99, 't'],
    [4, 4, ''],
    [12, 20, ''],
  ])('reads bytes %i to %i, whatever its chunks', async (start, end, expected) => {
    const { source, above } = await composed();
    expect(String(await readAll(source.read(above, { start, end })))).toBe(expected);
  });

  it('lends what its layer lends', async () => {
    const { source, above } = await composed();
    const lent = usedLate(source.read(above, { lend: true, start: 3 }));
    expect(String(await readAll(lent))).toBe('e content');
  });

  it('without a base has no other content', async () => {
    const { below } = await composed();
    const config = Buffer.from('{}');
    const manifest = formatManifest(describeBytes(MediaType.config, config), []);
    const from = { layer: undefined, base: undefined, own: undefined };
    const source = new ComposedSource(NAME, { manifest, config }, from);
    expect(await source.has(below)).toBe(false);
    expect(() => source.read(below)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }) as Error,
    );
  });

  it('closes its layer, and a base that it owns', async () => {
    const { source, closed } = await composed();
    await source[Symbol.asyncDispose]();
    expect(closed()).toBe(2);
  });

  it('is not read further after an abort', async () => {
    const { source, above } = await composed();
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(readAll(source.read(above, { signal }))).rejects.toThrow('stopped');
  });
});
