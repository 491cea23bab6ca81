import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { expect, it } from 'vitest';
import { clientOfRegistry, described, sha256 } from '../../../packages/core/testing/pushing.js';
import { temporaryFolder } from '../run.js';
import { startServe } from '../served.js';
import { basic } from './raw.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

async function start() {
  const folder = await temporaryFolder();
  const file = join(folder, 'users');
  const hashed = await hash('p', 4);
  await writeFile(file, `owner:${hashed}\nguest:${hashed}\nslashed:${hashed}\n`);
  const { url } = await startServe([
    ...['--root', join(folder, 'root'), '--htpasswd', file],
    ...['--allow', 'owner:write:*', '--allow', 'guest:write:open/*', '--allow', 'slashed:read:*/*'],
  ]);
  const as = (user: string) => clientOfRegistry(url, basic(user, 'p'));
  return { owner: as('owner'), guest: as('guest'), slashed: as('slashed') };
}

export function secretAttacks(): void {
  it('can neither push nor see an index that names a secret image', async () => {
    const { owner, guest } = await start();
    const secret = await owner.pushImage('secret/app', '1', 'a secret layer');
    const child = described(MANIFEST, JSON.stringify(secret));
    const elsewhere = { ...child, urls: ['https://far.example.com/'] };
    for (const index of [
      { schemaVersion: 2, mediaType: INDEX, manifests: [child] },
      { schemaVersion: 2, mediaType: INDEX, manifests: [child], layers: [elsewhere] },
    ]) {
      const answer = await guest.putManifest('open/app', 'x', index);
      expect([answer.status, await answer.text()]).toEqual([
        404,
        expect.stringContaining('MANIFEST_BLOB_UNKNOWN') as string,
      ]);
      const page = await guest.ask('GET', `/-/open/app@${sha256(JSON.stringify(index))}`);
      expect([page.status, (await page.text()).includes('sha256:')]).toEqual([404, false]);
    }
    const digest = secret.layers[0]?.digest ?? '';
    for (const from of ['', '&from=secret/app']) {
      const path = `/v2/open/app/blobs/uploads/?mount=${digest}${from}`;
      expect((await guest.ask('POST', path)).status).toBe(202);
      expect((await guest.ask('HEAD', `/v2/open/app/blobs/${digest}`)).status).toBe(404);
    }
  });

  it('with a rule for */* gets no repository without a slash, no mount from other repositories, and no metrics', async () => {
    const { owner, slashed, guest } = await start();
    await owner.pushImage('alone', '1', 'a layer');
    await owner.pushImage('open/app', '1', 'a layer');
    const catalog = await (await slashed.ask('GET', '/v2/_catalog')).json();
    expect(catalog).toEqual({ repositories: ['open/app'] });
    expect((await slashed.ask('GET', '/v2/alone/tags/list')).status).toBe(403);
    expect(await (await slashed.ask('GET', '/')).text()).not.toContain('alone');
    for (const [client, status] of [
      [owner, 200],
      [slashed, 403],
      [guest, 403],
    ] as const)
      expect((await client.ask('GET', '/metrics')).status).toBe(status);
  });
}
