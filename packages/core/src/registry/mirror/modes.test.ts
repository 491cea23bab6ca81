import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { serveMirror, TestUpstream, type Fault } from '../../../testing/upstream.js';

const isBlob = ({ url = '' }: IncomingMessage) => url.includes('/blobs/');
const isHead = ({ method }: IncomingMessage) => method === 'HEAD';
/** Answers requests of some kind with a status. */
const refuse =
  (
    status: number,
    headers: Readonly<Record<string, string>> = {},
    isMeant: (request: IncomingMessage) => boolean = () => true,
  ): Fault =>
  (request, response) => {
    if (!isMeant(request)) return false;
    response.writeHead(status, headers).end('{}');
    return true;
  };
const HANG: Fault = () => true;

async function serveUpstream(options: { readonly timeout?: number } = {}) {
  const upstream = await new TestUpstream().start();
  const { url } = await serveMirror({ '': upstream }, options);
  return { upstream, base: `${url}/v2/app`, manifest: `${url}/v2/app/manifests/1` };
}

it.each<readonly [string, Fault]>([
  ['answers everything', () => false],
  [
    'knows no HEAD of a blob (404)',
    refuse(404, {}, (request) => isBlob(request) && isHead(request)),
  ],
  [
    'refuses HEAD of a blob (405)',
    refuse(405, {}, (request) => isBlob(request) && isHead(request)),
  ],
  [
    'refuses HEAD of a manifest (403)',
    refuse(403, {}, (request) => !isBlob(request) && isHead(request)),
  ],
  [
    'refuses HEAD of a manifest (405)',
    refuse(405, {}, (request) => !isBlob(request) && isHead(request)),
  ],
  [
    'names no length in a HEAD',
    refuse(
      200,
      { 'transfer-encoding': 'chunked' },
      (request) => isBlob(request) && isHead(request),
    ),
  ],
  [
    'redirects blobs',
    (request, response) => {
      const { url = '' } = request;
      if (!isBlob(request) || url.startsWith('/v2/cdn')) return false;
      response.writeHead(307, { location: url.replace('/v2/app', '/v2/cdn') }).end();
      return true;
    },
  ],
])('an image is pulled from an upstream that %s', async (_, fault) => {
  const { upstream, base, manifest } = await serveUpstream();
  upstream.fault = fault;
  for (let round = 0; round < 2; round++) {
    expect((await fetch(manifest, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(manifest)).status).toBe(200);
    for (const digest of [upstream.config, upstream.layer]) {
      const { byteLength } = upstream.bytesOf(digest);
      const head = await fetch(`${base}/blobs/${digest}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, `${byteLength}`]);
      const answer = await fetch(`${base}/blobs/${digest}`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(upstream.bytesOf(digest));
    }
  }
});

it('a blob whose HEAD is refused is described by its first byte', async () => {
  const { upstream, base } = await serveUpstream();
  const ranges: (string | undefined)[] = [];
  upstream.fault = (request, response) => {
    if (!isHead(request)) ranges.push(request.headers.range);
    return refuse(405, {}, isHead)(request, response);
  };
  const head = await fetch(`${base}/blobs/${upstream.layer}`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '300000']);
  expect([ranges, upstream.cut]).toEqual([['bytes=0-0'], []]);
});

it('a blob of unknown length is streamed to its end, and a range of it is answered whole', async () => {
  const { upstream, base } = await serveUpstream();
  const bytes = upstream.bytesOf(upstream.layer);
  upstream.fault = (request, response) => {
    if (!isBlob(request)) return false;
    response.writeHead(200);
    if (!isHead(request)) response.write(bytes.subarray(0, 10));
    response.end(isHead(request) ? undefined : bytes.subarray(10));
    return true;
  };
  const path = `${base}/blobs/${upstream.layer}`;
  const head = await fetch(path, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, null]);
  const answer = await fetch(path, { headers: { range: 'bytes=5-9' } });
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
});

it.each<readonly [string, Fault, number, string | null]>([
  ['limits requests', refuse(429, { 'retry-after': '40' }), 429, '40'],
  ['limits requests and does not say for how long', refuse(429), 429, null],
  ['is overloaded', refuse(503, { 'retry-after': '7' }), 503, '7'],
  ['fails', refuse(500), 502, null],
  ['answers nonsense', refuse(418), 502, null],
  ['does not answer', HANG, 504, null],
  ['breaks connections', (request) => !!request.socket.destroy(), 502, null],
  ['knows nothing', refuse(404), 404, null],
  ['asks for a login', refuse(401, { 'www-authenticate': 'Basic realm="x"' }), 404, null],
  ['denies access', refuse(403), 404, null],
])('of an upstream that %s, clients get a status that they understand', async (...row) => {
  const [, fault, status, retryAfter] = row;
  const { upstream, base, manifest } = await serveUpstream({ timeout: 300 });
  upstream.fault = fault;
  for (const path of [manifest, `${base}/blobs/${upstream.layer}`]) {
    const answer = await fetch(path);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  }
  // It is asked again at once when it recovers.
  upstream.fault = () => false;
  expect((await fetch(manifest)).status).toBe(200);
});

it.each<readonly [string, Fault]>([
  ['hangs', HANG],
  ['limits requests', refuse(429, { 'retry-after': '40' })],
  ['fails', refuse(500)],
])('what is here is served within two seconds while the upstream %s', async (_, fault) => {
  const { upstream, base, manifest } = await serveUpstream({ timeout: 20_000 });
  const paths = [manifest, `${base}/blobs/${upstream.layer}`];
  for (const path of paths) await (await fetch(path)).arrayBuffer();
  upstream.fault = fault;
  const before = upstream.requests.length;
  for (let round = 0; round < 3; round++)
    for (const path of paths) {
      const start = performance.now();
      expect((await fetch(path)).status).toBe(200);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  // Only the first request asked for the tag.
  expect(upstream.requests.length - before).toBeLessThanOrEqual(2);
});
