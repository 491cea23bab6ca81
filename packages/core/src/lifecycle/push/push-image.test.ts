import { describe, expect, it } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import type { MemoryStore } from '../../../testing/memory-store.js';
import { pushItemOf } from '../../../testing/push-item.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { openRepository } from '../../distribution/open-repository.js';
import { surroundingsOf } from '../../surroundings.js';
import { planPushImage, pushImage, type PushImageOptions } from './push-image.js';
import { createLayerMemory } from './pushed-form.js';

/** A repository that has `app:1` with content of its own. */
async function start() {
  const served = await servedRegistry();
  const reference = `${served.host}/app:1`;
  const packings = createLayerMemory(await temporaryFolder());
  const notices: string[] = [];
  const push = async (store: MemoryStore, options: PushImageOptions = {}) => {
    await using sink = await openRepository(reference, { plainHttp: true }, surroundingsOf());
    served.requests.length = 0;
    return await pushImage(await pushItemOf(store, served.host), sink, {
      packings,
      onEvent: (event) => event.type === 'notice' && notices.push(event.text),
      ...options,
    });
  };
  const plan = async (store: MemoryStore, options: PushImageOptions = {}) =>
    planPushImage(await pushItemOf(store, served.host), { packings, ...options });
  const tagged = async () =>
    (await served.ask('HEAD', '/v2/app/manifests/1')).headers.get('docker-content-digest');
  const before = await storeWith('app:1', { seed: 'before' });
  const { digest } = await push(before);
  return { ...served, push, plan, tagged, notices, before: { store: before, digest } };
}

const theirs = () => storeWith('app:1', { seed: 'theirs' });

describe('an image that the tag names already', () => {
  it.each([undefined, 'overwrite', 'skip', 'error', 'merge', 'merge-keep'] as const)(
    'is skipped after one request, on an existing tag: %s',
    async (onExistingTag) => {
      const { push, requests, before } = await start();
      const skipped = { action: 'skipped', digest: before.digest, bytesSent: 0 };
      expect(await push(before.store, { onExistingTag })).toMatchObject(skipped);
      expect(requests).toEqual(['HEAD /v2/app/manifests/1']);
    },
  );
});

describe('a tag that names another image', () => {
  it.each([undefined, 'overwrite'] as const)('is replaced: %s', async (onExistingTag) => {
    const { push, tagged } = await start();
    const result = await push(await theirs(), { onExistingTag });
    expect(result).toMatchObject({ action: 'pushed', blobs: { sent: 3, existing: 0 } });
    expect(await tagged()).toBe(result.digest);
  });

  it('stays with `skip`', async () => {
    const { push, tagged, before } = await start();
    const result = await push(await theirs(), { onExistingTag: 'skip' });
    expect(result).toMatchObject({ action: 'skipped', digest: before.digest });
    expect(await tagged()).toBe(before.digest);
  });

  it('is a conflict with `error`, and nothing is sent', async () => {
    const { push, tagged, before, requests } = await start();
    await expect(push(await theirs(), { onExistingTag: 'error' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(before.digest ?? '') as string,
    });
    expect(requests.filter((each) => !/^(?:HEAD|GET) /.test(each))).toEqual([]);
    expect(await tagged()).toBe(before.digest);
  });

  it('becomes an index with `merge`, of the pushed platform and the others', async () => {
    const { push, tagged, ask } = await start();
    const arm = { os: 'linux', architecture: 'arm64' };
    const result = await push(await storeWith('app:1', { platform: arm }), {
      onExistingTag: 'merge',
    });
    expect(await tagged()).toBe(result.digest);
    const index = (await (await ask('GET', '/v2/app/manifests/1')).json()) as {
      manifests: { platform: { architecture: string } }[];
    };
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual([
      'amd64',
      'arm64',
    ]);
  });
});

describe('an image that is converted', () => {
  it('has a digest that a plan knows only after its layers were packed once', async () => {
    const { push, plan } = await start();
    const store = await theirs();
    const options = { compress: 'gzip' } as const;
    expect(await plan(store, options)).toMatchObject({ digest: null, action: 'pushed' });
    const { digest } = await push(store, options);
    expect(await plan(store, options)).toMatchObject({ digest });
    expect(await push(store, options)).toMatchObject({ action: 'skipped', digest });
  });

  it('is announced with both digests when its media types change', async () => {
    const { push, notices } = await start();
    const store = await theirs();
    const { digest } = await push(store, { format: 'docker' });
    const before = (await store.resolve()).descriptor.digest;
    expect(notices).toEqual([
      expect.stringContaining(`the digest was ${before} and is ${digest}`) as string,
    ]);
  });
});
