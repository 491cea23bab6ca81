import { expect, it } from 'vitest';
import { described, sha256 } from '../../../testing/pushing.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { MediaType } from '../../oci/media-types.js';
import { sync } from '../sync/sync.js';
import { copyTags } from './copy-tags.js';
import { findDigest } from './find-digest.js';
import { listRepositories, listTags } from './list-registry.js';

type Served = Awaited<ReturnType<typeof servedRegistry>>;

/** Attaches an artifact to an image, by the field `subject`. @returns its digest */
async function attach(served: Served, name: string, image: object, kind: string): Promise<string> {
  await served.pushBlob(name, '{}');
  const config = described(MediaType.empty, '{}');
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MediaType.manifest, artifactType: 'text/x' },
    ...{ config, layers: [config], annotations: { kind } },
    subject: described(MediaType.manifest, JSON.stringify(image)),
  };
  const digest = sha256(JSON.stringify(manifest));
  await served.putManifest(name, digest, manifest);
  return digest;
}

it('copies all tags with their referrers; afterwards only what differs', async () => {
  const { workspace, call } = await workspaceOf();
  const [here, there] = [await servedRegistry(), await servedRegistry()];
  const [from, to] = [`${here.host}/team/app`, `${there.host}/mirror/app`];
  const images = new Map<string, object>();
  for (const tag of ['v1.0', 'v1.1', 'v2.0'])
    images.set(tag, await here.pushImage('team/app', tag, tag));
  const first = images.get('v1.0') ?? {};
  const signature = await attach(here, 'team/app', first, 'signature');
  const copied = await copyTags(workspace, from, to, { ...call, tags: ['v1.*'] });
  expect(copied).toEqual(
    ['v1.0', 'v1.1'].map((tag) => ({
      reference: `${to}:${tag}`,
      digest: sha256(JSON.stringify(images.get(tag))),
      action: 'copied',
      bytes: expect.any(Number) as number,
    })),
  );
  expect((await listTags(workspace, to, call)).tags).toEqual(['v1.0', 'v1.1']);
  const holds = (digest: string) => findDigest(workspace, `${to}@${digest}`, call);
  expect(await holds(signature)).toMatchObject({ digest: signature });

  // A second copy sends nothing but a referrer that is new.
  const later = await attach(here, 'team/app', first, 'later');
  there.requests.length = 0;
  const again = await copyTags(workspace, from, to, { ...call, tags: ['v1.*'] });
  expect(again.map(({ action, bytes }) => [action, bytes])).toEqual([
    ['same', expect.any(Number)],
    ['same', 0],
  ]);
  expect(await holds(later)).toMatchObject({ digest: later });
  expect(there.requests.filter((each) => each.startsWith('PUT'))).toEqual([
    `PUT /v2/mirror/app/manifests/${later}`,
  ]);

  there.requests.length = 0;
  const planned = await copyTags(workspace, from, to, { ...call, dryRun: true });
  expect(planned.map(({ action, bytes }) => [action, bytes])).toEqual([
    ['same', 0],
    ['same', 0],
    ['copied', null],
  ]);
  expect(there.requests.filter((each) => /^(?:PUT|POST|PATCH)/.test(each))).toEqual([]);
});

it("takes cosign's tags of the selected images along, and no list of referrers", async () => {
  const { workspace, call } = await workspaceOf();
  const [here, there] = [await servedRegistry(), await servedRegistry()];
  const hexOf = async (tag: string) =>
    sha256(JSON.stringify(await here.pushImage('app', tag, tag))).replace(':', '-');
  const [one, two] = [await hexOf('1'), await hexOf('2')];
  for (const tag of [`${one}.sig`, `${two}.sig`, one]) await here.pushImage('app', tag, tag);
  const to = `${there.host}/app`;
  await copyTags(workspace, `${here.host}/app`, to, { ...call, tags: ['1'] });
  expect((await listTags(workspace, to, call)).tags).toEqual(['1', `${one}.sig`]);
});

it('mounts blobs within one registry', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage, requests } = await servedRegistry();
  await pushImage('a', '1', 'layer');
  requests.length = 0;
  await copyTags(workspace, `${host}/a`, `${host}/b`, call);
  expect(requests.filter((each) => each.startsWith('GET /v2/a/blobs/'))).toHaveLength(1);
  expect(requests.filter((each) => each.includes('mount='))).toHaveLength(2);
  expect((await listTags(workspace, `${host}/b`, call)).tags).toEqual(['1']);
});

it('syncs the repositories of a registry, or those below a prefix', async () => {
  const { workspace, call } = await workspaceOf();
  const [here, there] = [await servedRegistry(), await servedRegistry()];
  for (const name of ['team/app', 'team/lib', 'other']) await here.pushImage(name, '1', name);
  const results = await sync(workspace, `${here.host}/team`, `${there.host}/mirror`, call);
  expect(results.map(({ name, action }) => [name, action])).toEqual([
    [`${there.host}/mirror/app:1`, 'sent'],
    [`${there.host}/mirror/lib:1`, 'sent'],
  ]);
  await sync(workspace, here.host, there.host, call);
  expect((await listRepositories(workspace, there.host, call)).repositories).toEqual([
    ...['mirror/app', 'mirror/lib', 'other', 'team/app', 'team/lib'],
  ]);
  const one = sync(workspace, `${here.host}/other`, there.host, call);
  await expect(one).rejects.toMatchObject({ code: 'USAGE' });
  const none = sync(workspace, `${here.host}/nope`, there.host, call);
  await expect(none).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const pruned = sync(workspace, here.host, there.host, { ...call, prune: true });
  await expect(pruned).rejects.toMatchObject({ code: 'USAGE' });
});

it('sends a user name to one registry only', async () => {
  const { workspace, call } = await workspaceOf();
  const registry = { username: 'ada', password: 'secret' };
  for (const move of [copyTags, sync])
    await expect(
      move(workspace, 'a.example.com/x', 'b.example.com/x', { ...call, registry }),
    ).rejects.toMatchObject({ code: 'USAGE' });
});
