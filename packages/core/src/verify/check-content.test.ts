import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../testing/memory-store.js';
import { put, storeWith } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { copy } from '../transfer/copy.js';
import { digestOf } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import { LayoutSink } from '../store/layout-sink.js';
import { openLayout } from '../store/layout-dir.js';
import { walk } from '../transfer/graph/walk.js';
import { checkContent, type Leaf } from './check-content.js';

const PLAIN = Buffer.from('some content '.repeat(100));

/** A leaf of the given content, in memory. */
async function leafOf(bytes: Uint8Array, more: Partial<Leaf> = {}): Promise<Leaf> {
  const source = new MemoryStore();
  const descriptor = await put(source, MediaType.layerGzip, bytes);
  return { source, descriptor, image: 'app:1', ...more };
}

const problemsOf = async (...leaves: readonly Leaf[]) =>
  (await checkContent(leaves, {})).problems.map(({ code, expected, actual }) => [
    code,
    expected,
    actual,
  ]);

describe('content', () => {
  it('has no problem when its digests are as stated', async () => {
    const packed = gzipSync(PLAIN);
    const leaf = await leafOf(packed, { diffId: digestOf(PLAIN) });
    expect(await checkContent([leaf], {})).toEqual({ bytes: packed.length, problems: [] });
  });

  it('is CORRUPT when its size or its digest differs', async () => {
    const leaf = await leafOf(PLAIN);
    const { descriptor, source } = leaf;
    const store = source as MemoryStore;
    store.blobs.set(descriptor.digest, Buffer.alloc(PLAIN.length));
    expect(await problemsOf(leaf)).toEqual([
      ['CORRUPT', descriptor.digest, digestOf(Buffer.alloc(PLAIN.length))],
    ]);
    store.blobs.set(descriptor.digest, PLAIN.subarray(1));
    expect(await problemsOf(leaf)).toEqual([
      ['CORRUPT', `${PLAIN.length} bytes`, `${PLAIN.length - 1} bytes`],
    ]);
  });

  it('is INVALID when it unpacks to something else', async () => {
    const other = digestOf(Buffer.from('other'));
    const leaf = await leafOf(gzipSync(PLAIN), { diffId: other });
    expect(await problemsOf(leaf)).toEqual([['INVALID', `the diff ID ${other}`, digestOf(PLAIN)]]);
  });

  it('that cannot be unpacked has the code of that failure', async () => {
    const cut = await leafOf(gzipSync(PLAIN).subarray(0, 30), { diffId: digestOf(PLAIN) });
    expect((await problemsOf(cut)).map(([code]) => code)).toEqual(['CORRUPT']);
    const large = await leafOf(gzipSync(PLAIN), { diffId: digestOf(PLAIN) });
    const limits = { ...DEFAULT_LIMITS, unpackedBytes: 10 };
    Object.assign(large.source, { limits });
    expect((await problemsOf(large)).map(([code]) => code)).toEqual(['TOO_LARGE']);
  });

  it('of local files is hashed once for equal leaves, and problems name the file', async () => {
    const folder = await temporaryFolder();
    const sink = new LayoutSink(folder);
    await copy(await storeWith('app:1', { layers: 1 }), 'app:1', sink);
    await sink.commit();
    await using source = await openLayout(folder);
    const graph = await walk(source, (await source.resolve()).descriptor);
    const descriptor = graph.nodes.find(({ mediaType }) => mediaType === MediaType.layer);
    if (!descriptor) throw new Error('expected a layer');
    const leaf = { source, descriptor, image: 'app:1' };
    const { bytes, problems } = await checkContent([leaf, leaf, { ...leaf, image: 'b:1' }], {});
    expect([bytes, problems]).toEqual([descriptor.size, []]);
    const wrong = { ...leaf, descriptor: { ...descriptor, size: 5 } };
    const found = await checkContent([wrong], {});
    const member = `blobs/${descriptor.digest.replace(':', '/')}`;
    expect(found.problems).toMatchObject([
      {
        code: 'CORRUPT',
        member,
        offset: 0,
        expected: '5 bytes',
        actual: `${descriptor.size} bytes`,
      },
    ]);
  });
});
