import { describe, expect, it } from 'vitest';
import { CountingFiles } from '../../testing/counting-files.js';
import { digestOf } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { readAll } from '../transfer/verified.js';
import { DockerArchive, parseItems, referencesOf } from './docker-archive.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const LAYERS = [Buffer.alloc(512, 'a'), Buffer.alloc(1024, 'b')];
const config = (...layers: readonly Buffer[]) =>
  json({
    os: 'linux',
    architecture: 'amd64',
    rootfs: { diff_ids: layers.map((each) => digestOf(each)) },
  });

const files = (items: readonly object[], more: Readonly<Record<string, Buffer>> = {}) =>
  new CountingFiles({
    'manifest.json': json(items),
    'a.json': config(...LAYERS),
    '0/layer.tar': LAYERS[0] ?? Buffer.alloc(0),
    '1/layer.tar': LAYERS[1] ?? Buffer.alloc(0),
    ...more,
  });
const ITEM = {
  Config: 'a.json',
  RepoTags: ['app:1', 'app:2'],
  Layers: ['0/layer.tar', '1/layer.tar'],
};

describe('the items of a manifest.json', () => {
  it('have paths without ./, and at least one name', () => {
    const items = parseItems(
      json([
        { Config: './a.json', RepoTags: null, Layers: ['././l/layer.tar'] },
        { Config: 'b.json', RepoTags: ['app:1', 'No:Name'] },
      ]),
    );
    expect(items).toMatchObject([
      { config: 'a.json', layers: ['l/layer.tar'], names: [{}] },
      { config: 'b.json', layers: [] },
    ]);
    expect(items.map(referencesOf)).toEqual([[], ['docker.io/library/app:1']]);
  });

  it.each([
    ['no list', {}, 'not a list of images'],
    ['no objects', [null], 'manifest.json[0].Config'],
    ['no config', [{ Config: 'a' }, { Layers: [] }], 'manifest.json[1].Config'],
    ['layers of another form', [{ Config: 'a', Layers: 'l' }], 'manifest.json[0].Layers'],
    ['tags of another form', [{ Config: 'a', RepoTags: [1] }], 'manifest.json[0].RepoTags'],
  ])('are refused with %s', (_what, value, message) => {
    expect(() => parseItems(json(value))).toThrow(code('INVALID'));
    expect(() => parseItems(json(value))).toThrow(message);
  });

  it('above the limits are TOO_LARGE', () => {
    expect(() => parseItems(json([]), { ...DEFAULT_LIMITS, manifestBytes: 1 })).toThrow(
      code('TOO_LARGE'),
    );
  });
});

describe('a docker-archive', () => {
  it('lists each name with one composed manifest, whose content it can read', async () => {
    await using archive = await DockerArchive.open('x.tar', files([ITEM]));
    const listed = [];
    for await (const { reference, descriptor } of archive.list())
      listed.push([reference, descriptor.mediaType]);
    expect(listed).toEqual([
      ['docker.io/library/app:1', MediaType.manifest],
      ['docker.io/library/app:2', MediaType.manifest],
    ]);
    const graph = await walk(archive, (await archive.resolve('app:2')).descriptor);
    const [image] = imagesOf(graph);
    expect(image?.layers.map(({ digest }) => digest)).toEqual(LAYERS.map((each) => digestOf(each)));
    for (const node of graph.nodes) {
      const bytes = Buffer.from(await readAll(archive.read(node)));
      expect(digestOf(bytes)).toBe(node.digest);
      expect(Buffer.from(await readAll(archive.read(node, { start: 3, end: 9 })))).toEqual(
        bytes.subarray(3, 9),
      );
    }
  });

  it('composes the same manifest whatever the names and paths', async () => {
    const other = { Config: './b.json', RepoTags: null, Layers: ['m', '1/layer.tar'] };
    const more = { 'b.json': config(...LAYERS), m: LAYERS[0] ?? Buffer.alloc(0) };
    const digests = [];
    for (const item of [ITEM, other]) {
      await using archive = await DockerArchive.open('x.tar', files([item], more));
      digests.push((await archive.resolve()).descriptor.digest);
    }
    expect(digests[0]).toBe(digests[1]);
  });

  it('knows the place of members, and none of a manifest that it composed', async () => {
    await using archive = await DockerArchive.open('x.tar', files([ITEM]));
    const { descriptor } = await archive.resolve('app:1');
    expect(await archive.locate(descriptor)).toBeUndefined();
    const layer = {
      mediaType: MediaType.layer,
      digest: digestOf(LAYERS[0] ?? Buffer.alloc(0)),
      size: 512,
    };
    expect(await archive.locate(layer)).toMatchObject({ member: '0/layer.tar', size: 512 });
    expect([
      await archive.has(layer),
      await archive.has({ ...layer, digest: digestOf(Buffer.from('x')) }),
    ]).toEqual([true, false]);
  });

  it('has no other content', async () => {
    await using archive = await DockerArchive.open('x.tar', files([ITEM]));
    const other = { mediaType: MediaType.layer, digest: digestOf(Buffer.from('x')), size: 1 };
    await expect(readAll(archive.read(other))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await archive.locate(other)).toBeUndefined();
  });

  it('without the member of a layer is INCOMPLETE', async () => {
    const item = { ...ITEM, Layers: ['0/layer.tar', 'gone'] };
    await expect(DockerArchive.open('x.tar', files([item]))).rejects.toMatchObject({
      code: 'INCOMPLETE',
    });
  });

  it('keeps the images beside one whose layers are not those of its config', async () => {
    const odd = { ...ITEM, RepoTags: ['odd:1'], Layers: ['0/layer.tar'] };
    await using archive = await DockerArchive.open('x.tar', files([ITEM, odd]));
    expect(archive.malformed.map(({ references }) => references)).toEqual([
      ['docker.io/library/odd:1'],
    ]);
    await expect(archive.resolve('odd:1')).rejects.toThrow(
      'it has 2 diff IDs, but the image has 1 layers',
    );
    expect((await archive.resolve('app:1')).reference).toBe('docker.io/library/app:1');
  });
});
