import { hash } from 'bcryptjs';
import { beforeEach, expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { clientOfRegistry, described, sha256 } from '../../testing/pushing.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { MediaType } from '../oci/media-types.js';
import { RegistryStore } from './storage/registry-store.js';
import { Access } from './access/access.js';
import { registryHandler } from './handler/handler.js';
import { Metrics } from './metrics.js';

type Client = ReturnType<typeof clientOfRegistry>;
let [owner, guest, stranger]: Client[] = [];

beforeEach(async () => {
  const hashed = await hash('p', 4);
  const access = new Access({
    htpasswd: async () => `owner:${hashed}\nguest:${hashed}\n`,
    rules: [
      { user: 'owner', permission: 'write', repositories: '*' },
      { user: 'guest', permission: 'write', repositories: 'open/*' },
    ],
  });
  const storage = new RegistryStore(await temporaryFolder());
  const metrics = await Metrics.open();
  const handler = registryHandler({ reader: storage, storage, access, metrics });
  const url = `http://${await listening(handler)}`;
  const basic = (user: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:p`).toString('base64')}`,
  });
  owner = clientOfRegistry(url, basic('owner'));
  guest = clientOfRegistry(url, basic('guest'));
  stranger = clientOfRegistry(url);
});

/** The clients that `beforeEach` has set. */
function clients() {
  if (!owner || !guest || !stranger) throw new TypeError('no clients');
  return { owner, guest, stranger };
}

it('refuses a manifest that references content of another repository, in whatever field', async () => {
  const { owner, guest } = clients();
  const secret = await owner.pushImage('secret/app', '1', 'a secret layer');
  const text = JSON.stringify(secret);
  const child = described(MediaType.manifest, text);
  const elsewhere = { ...child, urls: ['https://far.example.com/'] };
  await guest.pushBlob('open/app', '{}');
  const config = described('application/vnd.oci.empty.v1+json', '{}');
  const index = { schemaVersion: 2, mediaType: MediaType.index };
  const image = { schemaVersion: 2, mediaType: MediaType.manifest };
  const forms: readonly object[] = [
    { ...index, manifests: [child] },
    { ...index, manifests: [elsewhere] },
    // An index has no layers; such a field must not exempt its manifests from the check.
    { ...index, manifests: [child], layers: [elsewhere] },
    { ...image, config, layers: [elsewhere] },
    { ...image, config: secret.config, layers: [{ ...secret.config, urls: elsewhere.urls }] },
    { ...image, config, layers: secret.layers },
  ];
  for (const manifest of forms) {
    const answer = await guest.putManifest('open/app', 'x', manifest);
    expect([answer.status, await answer.text()]).toEqual([
      404,
      expect.stringContaining('MANIFEST_BLOB_UNKNOWN') as string,
    ]);
  }
});

it('reads content only through the repository that holds it', async () => {
  const storage = new RegistryStore(await temporaryFolder());
  const url = `http://${await listening(registryHandler({ reader: storage, storage }))}`;
  const secret = await clientOfRegistry(url).pushImage('secret/app', '1', 'a secret layer');
  const [layer] = secret.layers.map((each) => ({
    ...each,
    digest: each.digest as `sha256:${string}`,
  }));
  const read = async (name: string) => {
    const chunks: Uint8Array[] = [];
    if (layer) for await (const chunk of storage.read(name, layer)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  expect(await read('secret/app')).toBe('a secret layer');
  await expect(read('open/app')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('mounts only from repositories that the client may read', async () => {
  const { owner, guest } = clients();
  const digest = sha256('a secret layer');
  await owner.pushImage('secret/app', '1', 'a secret layer');
  const mount = async (client: Client, query: string) =>
    (await client.ask('POST', `/v2/open/app/blobs/uploads/?mount=${digest}${query}`)).status;
  expect(await mount(guest, '&from=secret/app')).toBe(202);
  expect(await mount(guest, '')).toBe(202);
  expect((await guest.ask('HEAD', `/v2/open/app/blobs/${digest}`)).status).toBe(404);
  expect(await mount(owner, '')).toBe(201);
});

it('does not reveal whether a repository exists to clients that may not read it', async () => {
  const { owner, guest, stranger } = clients();
  const manifest = await owner.pushImage('secret/app', '1', 'a secret layer');
  await owner.pushImage('open/app', '1', 'an open layer');
  const [layer] = manifest.layers;
  const paths = (name: string) => [
    `/v2/${name}/tags/list`,
    `/v2/${name}/manifests/1`,
    `/v2/${name}/blobs/${layer?.digest}`,
    `/v2/${name}/referrers/${sha256(JSON.stringify(manifest))}`,
    `/-/${name}`,
    `/-/${name}@${sha256(JSON.stringify(manifest))}`,
  ];
  for (const client of [guest, stranger])
    for (const method of ['GET', 'HEAD']) {
      const seen = async (name: string) =>
        Promise.all(
          paths(name).map(async (path) => {
            const answer = await client.ask(method, path);
            return [answer.status, (await answer.text()).replaceAll(name, 'NAME')];
          }),
        );
      expect(await seen('secret/app')).toEqual(await seen('none/app'));
    }
  expect(await (await guest.ask('GET', '/v2/_catalog')).json()).toEqual({
    repositories: ['open/app'],
  });
  expect(await (await guest.ask('GET', '/')).text()).not.toContain('secret');
  const metrics = await Promise.all(
    [stranger, guest, owner].map(async (each) => (await each.ask('GET', '/metrics')).status),
  );
  expect(metrics).toEqual([401, 403, 200]);
});
