import { expect, it } from 'vitest';
import { nameImage, put, storeWith, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { ATTESTS, formatIndex } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
import { withIndex } from './with-index.js';

async function indexOf(store: MemoryStore, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const index = await put(store, MediaType.index, formatIndex(manifests));
  return nameImage(store, index, 'app:1');
}

it('the index of an image is its root, with its own attestations and no other image', async () => {
  const store = await storeWith('app:1', { seed: 'own' });
  const { descriptor: own } = await store.resolve();
  const other = await storeWith('other:1', { seed: 'other' });
  const { descriptor: absent } = await other.resolve();
  const statement = await put(
    store,
    MediaType.manifest,
    Buffer.from(
      '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}',
    ),
  );
  await put(store, 'application/vnd.oci.empty.v1+json', Buffer.from('{}'));
  const about = (digest: string) => ({ ...statement, annotations: { [ATTESTS]: digest } });
  const index = await indexOf(store, [own, absent, about(own.digest)]);
  const image = await walk(store, own);
  const graph = await withIndex(store, index, image);
  expect(graph.root).toBe(index);
  expect(graph.nodes.at(-1)).toBe(index);
  const added = graph.nodes.filter(
    ({ digest }) => !image.nodes.some((each) => each.digest === digest),
  );
  expect(added.map(({ digest }) => digest)).toContain(statement.digest);
  expect(graph.nodes.some(({ digest }) => digest === absent.digest)).toBe(false);
  expect(imagesOf(graph).map(({ descriptor }) => descriptor.digest)).toEqual([own.digest]);
});

it('an image of a nested index stays alone', async () => {
  const store = new MemoryStore();
  const inner = await writeIndex(store, 'app:1', [{ os: 'linux', architecture: 'amd64' }]);
  const outer = await indexOf(store, [inner]);
  const [image] = imagesOf(await walk(store, inner));
  if (!image) throw new TypeError('expected an image');
  const graph = await walk(store, image.descriptor);
  expect(await withIndex(store, outer, graph)).toBe(graph);
});
