import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveMirror, TestUpstream } from '../../../testing/upstream.js';

const start = (content: string) => new TestUpstream(Buffer.from(content)).start();
const digestOf = (upstream: TestUpstream) => sha256(upstream.manifest);
const pulled = async (url: string) => (await fetch(url)).headers.get('docker-content-digest');

it('picks the upstream that ?ns= names, and keeps their content apart', async () => {
  const [hub, quay, other] = [await start('hub'), await start('quay'), await start('other')];
  const upstreams = { 'docker.io': hub, 'quay.example.com:5000': quay, '': other };
  const { url } = await serveMirror(upstreams);
  const manifest = `${url}/v2/app/manifests/1`;
  for (let round = 0; round < 2; round++) {
    expect(await pulled(`${manifest}?ns=docker.io`)).toBe(digestOf(hub));
    expect(await pulled(`${manifest}?ns=quay.example.com%3A5000`)).toBe(digestOf(quay));
    expect(await pulled(manifest)).toBe(digestOf(other));
  }
  expect(await pulled(`${url}/v2/docker.io/app/manifests/1`)).toBe(digestOf(hub));
  const blob = `${url}/v2/app/blobs/${hub.layer}`;
  expect(await (await fetch(`${blob}?ns=docker.io`)).text()).toBe('hub');
  for (const ns of ['', '?ns=quay.example.com:5000'])
    expect((await fetch(`${blob}${ns}`)).status).toBe(404);
  const { repositories } = (await (await fetch(`${url}/v2/_catalog`)).json()) as {
    repositories: string[];
  };
  expect(repositories).toEqual(['app', 'docker.io/app', 'quay.example.com_5000/app']);
});

it('asks no registry for a namespace that is not configured, nor the default', async () => {
  const [hub, other] = [await start('hub'), await start('other')];
  const { url } = await serveMirror({ 'docker.io': hub, '': other });
  for (const ns of ['ghcr.io', '127.0.0.1:1', '../..', '', 'docker.io/x', '_', 'docker.io:443'])
    for (const path of ['manifests/1', `blobs/${hub.layer}`, 'tags/list']) {
      const answer = await fetch(`${url}/v2/app/${path}?ns=${encodeURIComponent(ns)}`);
      expect(answer.status).toBe(404);
    }
  expect([hub.requests, other.requests]).toEqual([[], []]);
});

it('ignores ?ns= when the only upstream has no name', async () => {
  const other = await start('other');
  const { url } = await serveMirror({ '': other });
  expect(await pulled(`${url}/v2/app/manifests/1?ns=docker.io`)).toBe(digestOf(other));
});

it('serves only its own content to requests without a namespace when every upstream has a name', async () => {
  const hub = await start('hub');
  const { url } = await serveMirror({ 'docker.io': hub });
  expect((await fetch(`${url}/v2/app/manifests/1`)).status).toBe(404);
  expect(hub.requests).toEqual([]);
});

it('fetches blobs that a push found upstream and did not send', async () => {
  const upstream = await start('base layer');
  const { url } = await serveMirror({ '': upstream });
  const blob = `${url}/v2/app/blobs/${upstream.layer}`;
  expect((await fetch(blob, { method: 'HEAD' })).status).toBe(200);
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const put = { method: 'PUT', headers: { 'content-type': type }, body: upstream.manifest };
  expect((await fetch(`${url}/v2/app/manifests/own`, put)).status).toBe(201);
  upstream.fault = (request) => !!request.socket.destroy();
  expect(await (await fetch(blob)).text()).toBe('base layer');
});

it.each([
  [{ 'docker.io': 0, 'DOCKER.io': 1 }, /the same name/],
  [{ 'docker.io/x': 0 }, /name of a registry/],
  [{ '..': 0 }, /name of a registry/],
])('refuses the upstreams %j', async (names, message) => {
  const upstream = await start('x');
  const upstreams = Object.fromEntries(Object.keys(names).map((name) => [name, upstream]));
  await expect(serveMirror(upstreams)).rejects.toThrow(message);
});
