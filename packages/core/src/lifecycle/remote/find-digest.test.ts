import { join } from 'node:path';
import { expect, it } from 'vitest';
import { servedRegistry } from '../../../testing/served-registry.js';
import { sha256 } from '../../../testing/pushing.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { parsePlatform } from '../../oci/platform.js';
import { copyImages } from '../copy/copy-images.js';
import { inspect } from '../inspect/inspect.js';
import { findDigest } from './find-digest.js';

const golden = (file: string) => join(import.meta.dirname, '../../../testing/golden', file);

it('asks a registry with one HEAD, by tag and by digest', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, requests, pushImage } = await servedRegistry();
  const digest = sha256(JSON.stringify(await pushImage('team/app', '1', 'a')));
  for (const name of [':1', `@${digest}`]) {
    requests.length = 0;
    const location = `${host}/team/app${name}`;
    expect(await findDigest(workspace, location, call)).toEqual({
      location,
      digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    });
    // The first request finds out whether the registry speaks TLS.
    expect(requests.filter((each) => !each.endsWith(' /v2/'))).toEqual([
      `HEAD /v2/team/app/manifests/${name.slice(1)}`,
    ]);
  }
  const missing = findDigest(workspace, `${host}/team/app:2`, call);
  await expect(missing).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('/team/app: no tag "2"') as string,
  });
});

it.each([
  ['refuses HEAD', (status: number) => ({ status, headers: {} })],
  ['sends no digest with HEAD', () => ({ status: 200, headers: {} })],
])('reads the manifest where a registry %s', async (_, answer) => {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage } = await servedRegistry(({ method }, response) => {
    if (method !== 'HEAD') return false;
    const { status, headers } = answer(405);
    response.writeHead(status, headers).end();
    return true;
  });
  const digest = sha256(JSON.stringify(await pushImage('app', '1', 'a')));
  expect(await findDigest(workspace, `${host}/app:1`, call)).toMatchObject({ digest });
});

it('finds the digest of a platform, in a registry and in an archive', async () => {
  const { workspace, call } = await workspaceOf();
  const { host } = await servedRegistry();
  const path = golden('buildx-oci.tar');
  const stdout = () => Promise.reject(new Error('unexpected write to stdout'));
  const [copied] = await copyImages(workspace, path, `${host}/app:1`, { ...call, stdout });
  const { images } = await inspect(workspace, path, call);
  const [image] = images;
  expect(await findDigest(workspace, path, call)).toMatchObject({ digest: copied?.digest });
  const platform = parsePlatform('linux/amd64');
  const wanted = image?.platforms.find(({ architecture }) => architecture === 'amd64');
  expect(wanted).toBeTruthy();
  const [one, other] = [
    await findDigest(workspace, path, { ...call, platform }),
    await findDigest(workspace, `${host}/app:1`, { ...call, platform }),
  ];
  expect(one.digest).toBe(other.digest);
  expect(one.digest).not.toBe(copied?.digest);
});
