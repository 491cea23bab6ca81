import { expect, it } from 'vitest';
import { writeImage } from '../../../testing/image.js';
import { listening } from '../../../testing/listening.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openRepository } from '../../distribution/open-repository.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { parseJsonObject } from '../../oci/json.js';
import { MediaType } from '../../oci/media-types.js';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { surroundingsOf } from '../../surroundings.js';
import { copyGraph } from '../../transfer/copy.js';
import { readContent } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';
import { mergeIndex } from './merge-index.js';

/** A tag of a registry to which images are merged, as `push` does. */
async function mergedTag(keep: boolean) {
  const reader = new RegistryStore(await temporaryFolder());
  const name = `${await listening(registryHandler({ reader, storage: reader }))}/team/app:1`;
  const open = () => openRepository(name, { plainHttp: true }, surroundingsOf());
  const merge = async (platform: Platform, seed: string): Promise<Descriptor> => {
    const source = new MemoryStore();
    const image = await writeImage(source, 'a:1', { platform, seed, bytes: 10 });
    await using repository = await open();
    const there = await repository.find('1');
    const ours = { source, graph: await walk(source, image) };
    const { graph } = there ? await mergeIndex(ours, repository, there, { keep }) : ours;
    if (graph.root.digest !== there?.digest) {
      await copyGraph(source, graph, repository);
      await repository.tag(graph.root, name);
      await repository.commit();
    }
    return image;
  };
  const change = async (edit: (index: Record<string, unknown>) => object): Promise<void> => {
    await using repository = await open();
    const bytes = Buffer.from(JSON.stringify(edit({ ...(await index()) })));
    await repository.put('1', { type: MediaType.index, bytes });
  };
  const index = async () => {
    await using repository = await open();
    const root = await repository.find('1');
    if (!root) throw new Error('no tag');
    return parseJsonObject(await readContent(repository, root), 'index');
  };
  return { merge, change, index };
}

const entriesOf = (index: Readonly<Record<string, unknown>>) =>
  (index['manifests'] as (Descriptor & { readonly platform: Platform })[]).map(
    ({ digest, platform }) => [formatPlatform(platform), digest],
  );

it.each([false, true])('two versions of Windows stay two, keep: %s', async (keep) => {
  const { merge, index } = await mergedTag(keep);
  const texts = ['10.0.17763.5329', '10.0.20348.2227'].map(
    (version) => `windows(${version}+win32k)/amd64`,
  );
  const digests: string[] = [];
  for (const text of texts) digests.push((await merge(parsePlatform(text), text)).digest);
  expect(entriesOf(await index())).toEqual(texts.map((text, at) => [text, digests[at]]));
  const again = (await merge(parsePlatform(texts[0] ?? ''), 'another')).digest;
  const [first] = entriesOf(await index());
  expect(first?.[1]).toBe(keep ? digests[0] : again);
  expect(entriesOf(await index())).toHaveLength(2);
});

it('the existing index is edited: its other fields, entries and their order stay', async () => {
  const { merge, change, index } = await mergedTag(false);
  const arm = parsePlatform('linux/arm64');
  await merge(parsePlatform('linux/s390x'), 'a');
  await merge(arm, 'b');
  const edit = ({ manifests, ...rest }: Record<string, unknown>) => ({
    'x-first': 1,
    manifests: (manifests as object[]).map((each, at) => ({ 'x-entry': at, ...each })),
    ...rest,
    annotations: { a: 'b' },
  });
  await change(edit);
  // arm64/v8 is arm64.
  const { digest } = await merge({ ...arm, variant: 'v8' }, 'c');
  await merge(parsePlatform('linux/amd64'), 'd');
  const merged = await index();
  expect(Object.keys(merged)).toEqual([
    ...['x-first', 'manifests', 'schemaVersion', 'mediaType', 'annotations'],
  ]);
  expect(merged['manifests']).toMatchObject([
    { 'x-entry': 0, platform: { architecture: 's390x' } },
    { digest },
    { platform: { architecture: 'amd64' } },
  ]);
});
