import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith, writeIndex } from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { repack } from '../../../testing/repack.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { copyImages } from '../copy/copy-images.js';
import { inspect } from './inspect.js';

const GOLDEN = join(import.meta.dirname, '../../../testing/golden');
const golden = async (file: string) => {
  const { workspace, call } = await workspaceOf();
  return inspect(workspace, join(GOLDEN, file), call);
};

describe('the description of a location', () => {
  it.each([
    ['docker-20.tar', { kind: 'docker-archive', compression: 'none' }],
    ['docker-25.tar', { kind: 'hybrid-archive', half: 'oci', compression: 'none' }],
    ['buildah-oci.tar', { kind: 'oci-archive', compression: 'none' }],
    ['podman-oci.tar.zst', { kind: 'oci-archive', compression: 'zstd' }],
    ['podman-oci.tar.gz', { kind: 'oci-archive', compression: 'gzip' }],
  ])('of %s has its kind and compression', async (file, expected) => {
    expect(await golden(file)).toMatchObject(expected);
  });

  it('says that there is no image', async () => {
    expect(await golden('empty-oci.tar')).toMatchObject({
      images: [],
      notices: ['it holds no image'],
    });
  });

  it('of a place that is not there is NOT_FOUND', async () => {
    await expect(golden('absent.tar')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of a file that is no archive is CORRUPT', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    await writeFile(join(cwd, 'x.tar'), 'no archive');
    await expect(inspect(workspace, './x.tar', call)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('an image', () => {
  it('has its name as written, its layers with their diff IDs, and its size', async () => {
    const { images } = await golden('docker-20.tar');
    const [image, ...others] = images;
    expect(others).toEqual([]);
    expect(image?.names).toMatchObject([{ field: 'RepoTags' }]);
    expect(image?.names[0]?.reference).toContain(image?.names[0]?.written ?? '-');
    expect(image?.platforms).toMatchObject([{ os: 'linux', present: true }]);
    for (const { diffId } of image?.layers ?? []) expect(diffId).toMatch(/^sha256:/);
    const layers = image?.layers.reduce((sum, { size }) => sum + size, 0) ?? 0;
    expect(image?.size).toBeGreaterThan(layers);
  });

  it('is listed once with all its names', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    const store = await storeWith('app:1');
    const { descriptor } = await store.resolve();
    await writeArchiveOf(join(cwd, 'x.tar'), store);
    const copy = (as: string) =>
      copyImages(workspace, './x.tar', 'all.tar', {
        ...{ ...call, as, append: true },
        stdout: () => Promise.reject(new Error('to a file')),
      });
    await copy('app:1');
    await copy('other:2');
    const { images } = await inspect(workspace, './all.tar', call);
    expect(images).toMatchObject([{ digest: descriptor.digest }]);
    const names = new Set(images[0]?.names.map(({ reference }) => reference));
    expect([...names].sort()).toEqual(['docker.io/library/app:1', 'docker.io/library/other:2']);
  });

  it('of several platforms tells which of them are there', async () => {
    const { workspace, call, cwd } = await workspaceOf();
    const store = new MemoryStore();
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    await writeIndex(store, 'app:1', platforms);
    await writeArchiveOf(join(cwd, 'x.tar'), store);
    const [whole] = (await inspect(workspace, './x.tar', call)).images;
    expect(whole).toMatchObject({ configDigest: null, platforms: [{ present: true }, {}] });
    expect(whole?.layers.map(({ platform }) => platform?.architecture)).toEqual([
      ...['amd64', 'amd64', 'arm64', 'arm64'],
    ]);
    const gone = whole?.layers.at(-1)?.digest.replace(':', '/') ?? '';
    await repack(join(cwd, 'x.tar'), join(cwd, 'sparse.tar'), (members) => {
      expect(members.delete(`blobs/${gone}`)).toBe(true);
    });
    const [sparse] = (await inspect(workspace, './sparse.tar', call)).images;
    expect(sparse?.platforms).toMatchObject([{ present: true }, { present: false }]);
  });

  it('of a registry is described without its layers', async () => {
    const { workspace, call } = await workspaceOf();
    const { host, pushImage, requests } = await servedRegistry();
    const { layers } = await pushImage('team/app', '1', 'layer');
    requests.length = 0;
    const { kind, images } = await inspect(workspace, `docker://${host}/team/app:1`, call);
    expect([kind, images.length]).toEqual(['repository', 1]);
    expect(requests.filter((each) => each.includes(layers[0]?.digest ?? '-'))).toEqual([]);
  });
});
