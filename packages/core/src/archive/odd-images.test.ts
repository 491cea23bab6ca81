import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerArchive, haul, HAULED, Layout } from '../../testing/haul.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { digestOf } from '../oci/digest.js';
import { blobPath } from '../oci/layout.js';
import { MediaType } from '../oci/media-types.js';
import { copy } from '../transfer/copy.js';
import { imagesOf, malformedIn } from '../transfer/graph/graph.js';
import { referrersOf } from '../transfer/graph/referrers.js';
import { selectPlatform } from '../transfer/graph/select-platform.js';
import { walk } from '../transfer/graph/walk.js';
import { verifySource } from '../verify/verify-source.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { openArchive } from './open-archive.js';

const path = async () => join(await temporaryFolder(), 'x.tar');
const LINUX = { os: 'linux', architecture: 'amd64' };
const BROKEN = { ...LINUX, rootfs: 'none' };

async function namesIn(file: string): Promise<(string | undefined)[]> {
  await using source = (await openArchive(file)).source;
  const names = [];
  for await (const { reference } of source.list()) names.push(reference);
  return names;
}

describe('an image without a platform', () => {
  it.each([
    [{}, 'unknown/unknown'],
    [{ os: '', architecture: '' }, 'unknown/unknown'],
    [{ os: 'linux', architecture: '' }, 'linux/unknown'],
  ])('is read, verified and copied: %j', async (stated, expected) => {
    const file = await path();
    await dockerArchive(file, [stated]);
    const { source, halves } = await openArchive(file);
    await using open = source;
    expect(await verifySource(open, { halves })).toMatchObject({ images: 1, problems: [] });
    const store = new MemoryStore();
    const [image] = imagesOf(await walk(store, await copy(open, 'data:0', store)));
    const { os, architecture } = image?.config.platform ?? {};
    expect(`${os}/${architecture}`).toBe(expected);
  });

  it('is an artifact when its config is {}', async () => {
    const file = await path();
    const layout = new Layout();
    const layers = [layout.put('application/vnd.cncf.openpolicyagent.policy.layer.v1+rego', {})];
    const config = layout.put(MediaType.config, {});
    layout.list(layout.put(MediaType.manifest, { schemaVersion: 2, config, layers }), 'policy:1');
    await layout.write(file);
    await using source = (await openArchive(file)).source;
    expect(await verifySource(source)).toMatchObject({ images: 1, problems: [], unreferenced: [] });
    const { descriptor } = await source.resolve('policy:1');
    expect(imagesOf(await walk(source, descriptor))).toEqual([]);
    expect((await copy(source, 'policy:1', new MemoryStore())).digest).toBe(descriptor.digest);
  });
});

it('an entry of an index without a platform has that of its config', async () => {
  const file = await path();
  const layout = new Layout();
  const [amd, arm] = [
    await layout.image('amd', LINUX),
    await layout.image('arm', { os: 'linux', architecture: 'arm64' }),
  ];
  const root = layout.put(MediaType.index, { schemaVersion: 2, manifests: [amd, arm] });
  layout.list(root, 'app:1');
  await layout.write(file);
  await using source = (await openArchive(file)).source;
  const choose = (architecture: string) =>
    selectPlatform(source, root, { os: 'linux', architecture });
  expect([await choose('amd64'), await choose('arm64')]).toEqual([amd, arm]);
  await expect(choose('riscv64')).rejects.toThrow('only for linux/amd64, linux/arm64');
});

describe('a malformed image', () => {
  it('does not spoil a docker-archive', async () => {
    const file = await path();
    await dockerArchive(file, [LINUX, BROKEN]);
    await using source = (await openArchive(file)).source;
    expect(await namesIn(file)).toEqual(['docker.io/library/data:0']);
    expect(source.malformed).toMatchObject([{ references: ['docker.io/library/data:1'] }]);
    await expect(source.resolve('data:1')).rejects.toMatchObject({ code: 'INVALID' });
    const { problems } = await verifySource(source);
    expect(problems).toMatchObject([{ code: 'INVALID', image: 'docker.io/library/data:1' }]);
  });

  it('alone makes a docker-archive unreadable', async () => {
    const file = await path();
    await dockerArchive(file, [BROKEN]);
    await expect(openArchive(file)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it.each<[string, (layout: Layout) => object]>([
    ['config', (layout) => ({ config: layout.put(MediaType.config, BROKEN), layers: [] })],
    ['manifest', (layout) => ({ config: layout.put(MediaType.config, LINUX), layers: 'none' })],
    [
      'number of layers',
      (layout) => ({
        config: layout.put(MediaType.config, { ...LINUX, rootfs: { diff_ids: [] } }),
        layers: [layout.put(MediaType.layer, {})],
      }),
    ],
  ])('in an index leaves the others usable: %s', async (_what, make) => {
    const file = await path();
    const layout = new Layout();
    const good = await layout.image('good');
    const odd = layout.put(MediaType.manifest, { schemaVersion: 2, ...make(layout) });
    const manifests = [good, odd].map((each) => ({ ...each, platform: LINUX }));
    const root = layout.put(MediaType.index, { schemaVersion: 2, manifests });
    layout.list(root, 'app:1');
    await layout.write(file);
    await using source = (await openArchive(file)).source;
    const graph = await walk(source, root);
    expect(imagesOf(graph).map(({ descriptor }) => descriptor.digest)).toEqual([good.digest]);
    expect(malformedIn(graph)).toMatchObject([{ error: { code: 'INVALID' } }]);
    expect((await copy(source, 'app:1', new MemoryStore())).digest).toBe(root.digest);
    expect((await verifySource(source)).problems).toMatchObject([{ code: 'INVALID' }]);
  });
});

describe('an image, its signature and its attestation under one name', () => {
  it.each([false, true])('are told apart by their kind; hybrid: %s', async (isHybrid) => {
    const file = await path();
    const { layout, digests, names } = await haul({ isHybrid });
    await layout.write(file);
    const { source, half, halves } = await openArchive(file);
    await using open = source;
    expect(half).toBe(isHybrid ? 'oci' : undefined);
    expect((await namesIn(file)).sort()).toEqual([...names].sort());
    for (const asked of [undefined, HAULED, digests[0]])
      expect((await open.resolve(asked)).descriptor.digest).toBe(digests[0]);
    expect((await open.resolve(names[1])).descriptor.digest).toBe(digests[1]);
    const { descriptor } = await open.resolve(HAULED);
    const found = await referrersOf(open, [descriptor]);
    expect(found.map(({ descriptor: { digest }, tag }) => [digest, tag])).toEqual([
      [digests[1], names[1]?.split(':')[1]],
      [digests[2], names[2]?.split(':')[1]],
    ]);
    const verified = await verifySource(open, { halves, half });
    expect(verified).toMatchObject({ images: 3, problems: [], notices: [], unreferenced: [] });
  });

  it('are told apart without any name, as early cosign wrote them', async () => {
    const file = await path();
    const { layout, digests } = await haul({ isNamed: false });
    await layout.write(file);
    await using source = (await openArchive(file)).source;
    const { descriptor } = await source.resolve();
    expect(descriptor.digest).toBe(digests[0]);
    expect(await referrersOf(source, [descriptor])).toHaveLength(2);
  });

  it('are told apart by their content where no kind is given', async () => {
    const file = await path();
    const { layout, digests } = await haul();
    for (const entry of layout.entries as { annotations: { kind?: string } }[])
      delete entry.annotations.kind;
    await layout.write(file);
    await using source = (await openArchive(file)).source;
    expect((await source.resolve(HAULED)).descriptor.digest).toBe(digests[0]);
  });

  it('are ambiguous when two of them are images', async () => {
    const file = await path();
    const { layout } = await haul();
    layout.list(await layout.image('another'), HAULED);
    await layout.write(file);
    await using source = (await openArchive(file)).source;
    await expect(source.resolve(HAULED)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
  });
});

describe('the OCI half of a hybrid archive', () => {
  it('is read although an entry that manifest.json does not describe is malformed', async () => {
    const file = await path();
    const { layout, digests } = await haul({ isHybrid: true });
    layout.list(layout.put(MediaType.manifest, { schemaVersion: 2, layers: 'none' }), 'odd:1');
    await layout.write(file);
    const { source, half } = await openArchive(file);
    await using open = source;
    expect(half).toBe('oci');
    expect((await open.resolve(HAULED)).descriptor.digest).toBe(digests[0]);
    expect((await verifySource(open)).problems).toMatchObject([
      { code: 'INVALID', image: 'docker.io/library/odd:1' },
    ]);
  });

  it('is left when the layers of an image of manifest.json disagree with its config', async () => {
    const file = await path();
    const { layout, digests } = await haul({ isHybrid: true });
    const before = blobPath(digests[0] ?? 'sha256:');
    const manifest = JSON.parse(Buffer.from(layout.files.get(before) ?? '').toString()) as object;
    const wrong = Buffer.from(JSON.stringify({ ...manifest, layers: [] }));
    layout.files.set(blobPath(digestOf(wrong)), wrong);
    for (const entry of layout.entries as { digest: string; size: number }[])
      if (entry.digest === digests[0])
        Object.assign(entry, { digest: digestOf(wrong), size: wrong.byteLength });
    await layout.write(file);
    const { source, half } = await openArchive(file);
    await source[Symbol.asyncDispose]();
    expect(half).toBe('docker');
  });
});
