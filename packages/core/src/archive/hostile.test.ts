import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CountingFiles } from '../../testing/counting-files.js';
import { changeItems, repack } from '../../testing/repack.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { blobPath } from '../oci/layout.js';
import { digestOf } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { LayoutSource } from '../transfer/layout-source.js';
import { walk } from '../transfer/graph/walk.js';
import { DockerArchive } from './docker-archive.js';
import { openArchive } from './open-archive.js';
import { decodePax } from './tar/tar-header.js';
import { indexTar } from './tar/tar-index.js';
import { packTar } from './tar/pack-tar.js';
import { readAll } from '../transfer/verified.js';

const GOLDEN = join(import.meta.dirname, '../../testing/golden');

describe('a pax header', () => {
  it.each([
    ['a record whose "=" is in a later record', '6 abc\n6 abc\n9 a=bbbb\n'],
    ['a length that is not a decimal number', '1e1 path=x\n'],
    ['a length of 31 digits', `${'0'.repeat(30)}9 a=bbbb\n`],
    ['a record that extends beyond the header', '99 a=b\n'],
    ['no length', ' a=b\n'],
  ])('with %s is refused', (_what, body) => {
    expect(() => decodePax(Buffer.from(body))).toThrow('tar pax header');
  });

  it('gives the keys and values of its records', () => {
    expect([...decodePax(Buffer.from('9 a=b=cc\n6 x=\n\n'))]).toEqual([
      ['a', 'b=cc'],
      ['x', '\n'],
    ]);
  });
});

it('a tar whose names together exceed the memory limit is refused', async () => {
  const members = Array.from({ length: 40 }, (_, at) => ({
    name: `${at}/${'n'.repeat(150)}`,
    size: 0,
    open: () => [],
  }));
  const tar = Buffer.from(await readAll(packTar(members), Infinity));
  const read = async (at: number, length: number) => tar.subarray(at, at + length);
  const limits = { ...DEFAULT_LIMITS, headerBytes: 1000 };
  await expect(indexTar(read, tar.byteLength, { ...limits, headerBytes: 180 })).rejects.toThrow(
    'of names in all',
  );
  expect((await indexTar(read, tar.byteLength, limits)).size).toBe(40);
});

it('each file of a docker-archive is read once, even if 10,000 images and links name it', async () => {
  const layer = Buffer.alloc(2000, 'x');
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
    }),
  );
  const names = Array.from({ length: 10_000 }, (_, at) => `${at}`);
  const items = names.map((name) => ({
    Config: `c${name}`,
    RepoTags: [`a:${name}`],
    Layers: ['l', `l${name}`],
  }));
  const files = new CountingFiles(
    { 'manifest.json': Buffer.from(JSON.stringify(items)), c: config, l: layer },
    Object.fromEntries(
      names.flatMap((name) => [
        [`c${name}`, 'c'],
        [`l${name}`, 'l'],
      ]),
    ),
  );
  await using archive = await DockerArchive.open('x', files);
  expect(files.reads).toBeLessThan(10);
  expect((await archive.resolve('a:77')).descriptor.mediaType).toBe(MediaType.manifest);
});

it('only the first of several unnamed entries of one image gets the names from manifest.json', async () => {
  const path = join(await temporaryFolder(), 'x.tar');
  await repack(join(GOLDEN, 'docker-25.tar'), path, (members) => {
    const index = JSON.parse(String(members.get('index.json'))) as { manifests: object[] };
    const manifests = Array.from({ length: 2000 }, () => ({
      ...index.manifests[0],
      annotations: {},
    }));
    members.set('index.json', Buffer.from(JSON.stringify({ ...index, manifests })));
    changeItems(members, (items) =>
      items.map((item, n) => ({
        ...item,
        RepoTags: Array.from({ length: 2000 }, (_, at) => `a${n}:${at}`),
      })),
    );
  });
  await using source = (await openArchive(path)).source;
  let count = 0;
  for await (const _ of source.list()) count++;
  expect(count).toBeLessThan(5000);
});

it('an image whose manifests exceed the memory limit is refused before all are read', async () => {
  const files: Record<string, Buffer> = {};
  const addIndex = (manifests: readonly object[], size: number) => {
    const index = JSON.stringify({ schemaVersion: 2, mediaType: MediaType.index, manifests });
    const bytes = Buffer.from(index.padEnd(size));
    const digest = digestOf(bytes);
    files[blobPath(digest)] = bytes;
    return { mediaType: MediaType.index, digest, size: bytes.byteLength };
  };
  const limits = { ...DEFAULT_LIMITS, manifestBytes: 10_000 };
  const children = Array.from({ length: 30 }, (_, at) =>
    addIndex([{ mediaType: 'text/plain', digest: digestOf(Buffer.from(`${at}`)), size: 1 }], 9000),
  );
  const root = addIndex(children, 0);
  files['index.json'] = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  const counted = new CountingFiles(files);
  await using source = await LayoutSource.open('x', counted, { limits });
  const { descriptor } = await source.resolve();
  await expect(walk(source, descriptor, { missing: 'report' })).rejects.toMatchObject({
    code: 'TOO_LARGE',
  });
  expect(counted.reads).toBeLessThan(12);
});

it('a hint names at most ten images', async () => {
  const manifests = Array.from({ length: 5000 }, (_, at) => ({
    mediaType: MediaType.manifest,
    digest: digestOf(Buffer.from(`${at}`)),
    size: 1,
    annotations: { 'io.containerd.image.name': `example.com/a:${at}` },
  }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));
  await using source = await LayoutSource.open('x', new CountingFiles({ 'index.json': index }));
  for (const asked of [undefined, 'b:1']) {
    const error: unknown = await source.resolve(asked).catch((each: unknown) => each);
    expect(error).toMatchObject({ hint: expect.stringContaining('and 4990 more') as string });
  }
});
