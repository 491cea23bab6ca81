import { describe, expect, it } from 'vitest';
import {
  nameImage,
  put,
  storeWith,
  writeImage,
  writeIndex,
  writeReferrer,
} from '../../../testing/image.js';
import { MemoryStore } from '../../../testing/memory-store.js';
import { formatManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { parsePlatform } from '../../oci/platform.js';
import type { Opened } from '../../open.js';
import { loadCandidates, type CandidateOptions } from './load-candidates.js';

const AMD64 = parsePlatform('linux/amd64');
const ARM64 = parsePlatform('linux/arm64');

async function candidatesOf(
  source: MemoryStore,
  options: Partial<CandidateOptions> = {},
  more: Partial<Opened> = {},
) {
  const skipped: string[] = [];
  const at: Opened = { source, kind: 'oci-archive', compression: 'none', notices: [], ...more };
  const found = await loadCandidates([{ input: './x.tar', at }], {
    engine: 'engine:test',
    defaultPlatform: async () => undefined,
    keepsIndex: async () => false,
    holds: async () => new Set(),
    onSkipped: (text) => void skipped.push(text),
    ...options,
  });
  return { found, skipped, names: found.map(({ references }) => references) };
}

describe('the images to load', () => {
  it('are each once, with all their names', async () => {
    const store = await storeWith('app:1');
    await store.tag((await store.resolve()).descriptor, 'b:2');
    await store.commit();
    expect((await candidatesOf(store)).names).toEqual([
      ['docker.io/library/app:1', 'docker.io/library/b:2'],
    ]);
    expect((await candidatesOf(store, { as: 'c' })).names).toEqual([
      ['docker.io/library/c:latest'],
    ]);
  });

  it('are an index with one of its images where the engine keeps that', async () => {
    const store = new MemoryStore();
    const index = await writeIndex(store, 'app:1', [AMD64, ARM64]);
    const options = { defaultPlatform: async () => ARM64, keepsIndex: async () => true };
    const { found } = await candidatesOf(store, options);
    expect(found.map(({ graph }) => graph.root.digest)).toEqual([index.digest]);
    expect(found[0]?.graph.nodes.filter(({ platform }) => platform)).toMatchObject([
      { platform: ARM64 },
    ]);
  });

  it('of a registry have the name that was asked for, without the digest after a tag', async () => {
    const store = await storeWith('r.example/app:1');
    const reference = `r.example/app:1@${(await store.resolve()).descriptor.digest}`;
    const more = { kind: 'repository', reference } as const;
    const image = await store.resolve();
    const source = Object.assign(store, { resolve: async () => image });
    expect((await candidatesOf(source, {}, more)).names).toEqual([['r.example/app:1']]);
  });

  it('have a name', async () => {
    const store = new MemoryStore();
    await writeImage(store, undefined);
    await expect(candidatesOf(store)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('are one where a name is given', async () => {
    const store = await storeWith('a:1');
    await writeImage(store, 'b:1', { seed: 'b' });
    await expect(candidatesOf(store, { as: 'c' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('are not their referrers, which are named', async () => {
    const store = new MemoryStore();
    const image = await writeImage(store, 'app:1');
    await writeReferrer(store, image, { artifactType: 'text/x' });
    const { found, skipped } = await candidatesOf(store);
    expect(found).toHaveLength(1);
    expect(skipped).toEqual([expect.stringContaining('skipped artifacts that refer to an image')]);
  });

  it.each([
    ['application/vnd.cncf.helm.config.v1+json', 'it is a Helm chart, not an image'],
    ['application/x', 'it is an artifact (application/x), not an image'],
    ['application/vnd.oci.image.config.v1+json', 'it is an artifact, not an image'],
  ])('are no artifacts: the error names %s', async (type, text) => {
    const store = new MemoryStore();
    const config = await put(store, type, Buffer.from('{}'));
    const layer = await put(store, 'application/x', Buffer.from('x'));
    const manifest = await put(store, MediaType.manifest, formatManifest(config, [layer]));
    await nameImage(store, manifest, 'charts/app:1');
    await expect(candidatesOf(store)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(text) as string,
    });
  });

  it('of nothing are NOT_FOUND', async () => {
    await expect(candidatesOf(new MemoryStore())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the platform of an image to load', () => {
  async function indexed() {
    const store = new MemoryStore();
    await writeIndex(store, 'app:1', [AMD64, ARM64]);
    return store;
  }

  it('is that asked for, else that of the engine, which may take the whole index', async () => {
    const nodes = async (options: Partial<CandidateOptions>) =>
      (await candidatesOf(await indexed(), options)).found[0]?.graph.nodes.length;
    expect(await nodes({ platform: ARM64 })).toBe(4);
    expect(await nodes({ defaultPlatform: async () => AMD64 })).toBe(4);
    expect(await nodes({})).toBe(9);
  });

  it('is all of them when asked for, in an engine that keeps several', async () => {
    const defaultPlatform = async () => AMD64;
    const all = { platform: 'all', defaultPlatform } as const;
    const store = await indexed();
    const { found } = await candidatesOf(store, { ...all, keepsIndex: async () => true });
    expect(found[0]?.graph.nodes).toHaveLength(9);
    expect((await candidatesOf(store, { platform: 'all' })).found[0]?.graph.nodes).toHaveLength(9);
    await expect(candidatesOf(store, all)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message:
        './x.tar: engine:test keeps an image for one platform, linux/amd64, and this one is for 2',
    });
    const one = new MemoryStore();
    await writeIndex(one, 'app:1', [AMD64]);
    expect((await candidatesOf(one, all)).found[0]?.graph.nodes).toHaveLength(4);
    expect((await candidatesOf(await storeWith('a:1'), all)).found).toHaveLength(1);
  });

  it('that is missing is NOT_FOUND', async () => {
    const platform = parsePlatform('linux/s390x');
    await expect(candidatesOf(await indexed(), { platform })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(candidatesOf(await storeWith('a:1'), { platform })).rejects.toThrow(
      'no image for linux/s390x',
    );
  });
});

it('content that is missing must be held by the engine', async () => {
  const store = await storeWith('app:1');
  const [digest = 'sha256:' as const] =
    [...store.blobs].find(([, { byteLength }]) => byteLength > 1500) ?? [];
  store.blobs.delete(digest);
  await expect(candidatesOf(store)).rejects.toMatchObject({ code: 'INCOMPLETE' });
  const { found } = await candidatesOf(store, { holds: async () => new Set([digest]) });
  expect(found[0]?.graph.missing.map((node) => node.digest)).toEqual([digest]);
});
