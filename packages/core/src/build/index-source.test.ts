import { describe, expect, it } from 'vitest';
import { storeWith } from '../../testing/image.js';
import { MediaType } from '../oci/media-types.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { imagesOf } from '../transfer/graph/graph.js';
import { createIndexSource } from './index-source.js';

const NAME = 'docker.io/library/app:1';

async function images() {
  const platforms = [
    { os: 'linux', architecture: 'arm64' },
    { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['win32k'] },
  ];
  return Promise.all(
    platforms.map(async (platform) => ({
      platform: { os: platform.os, architecture: platform.architecture },
      source: await storeWith('x:1', { platform, seed: platform.os }),
    })),
  );
}

describe('an index of several images', () => {
  it('has an image for each platform, in order, with the version and features of its OS', async () => {
    const source = await createIndexSource(NAME, await images());
    const { descriptor, reference } = await source.resolve();
    expect([descriptor.mediaType, reference]).toEqual([MediaType.index, NAME]);
    const graph = await walk(source, descriptor);
    const index = graph.documents.get(descriptor.digest)?.manifest;
    expect(index?.kind === 'index' && index.manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'arm64' },
      { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['win32k'] },
    ]);
    expect(imagesOf(graph)).toHaveLength(2);
    for (const node of graph.nodes) await readContent(source, node);
  });

  it('has the same digest for the same images, and another in another order', async () => {
    const digestOf = async (list: Awaited<ReturnType<typeof images>>) =>
      (await (await createIndexSource(NAME, list)).resolve()).descriptor.digest;
    const first = await digestOf(await images());
    expect(await digestOf(await images())).toBe(first);
    expect(await digestOf((await images()).reverse())).not.toBe(first);
  });

  it('has no other content, and closes the sources of its images', async () => {
    const list = await images();
    let closed = 0;
    for (const { source } of list)
      Object.assign(source, { [Symbol.asyncDispose]: async () => void closed++ });
    const source = await createIndexSource(NAME, list);
    const other = (await (await storeWith('y:1', { seed: 'other' })).resolve()).descriptor;
    expect(await source.has(other)).toBe(false);
    await source[Symbol.asyncDispose]();
    expect(closed).toBe(2);
  });
});
