import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { clientOfRegistry, sha256 } from '../../testing/pushing.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { RegistryStore } from './storage/registry-store.js';
import { hostCheck } from './access/allowed-hosts.js';
import type { AnsweredRequest } from './handler/answered-request.js';
import { registryHandler } from './handler/handler.js';

async function start() {
  const storage = new RegistryStore(await temporaryFolder());
  const answered: AnsweredRequest[] = [];
  const handler = registryHandler({
    reader: storage,
    storage,
    checkHost: hostCheck(['registry.lan', '*.example.com']),
    onAnswered: (each) => answered.push(each),
  });
  return { address: await listening(handler), answered };
}

/** Sends a request over a socket, as `fetch` does not let callers set `Host` or `Sec-Fetch-Site`. */
async function sendRaw(address: string, head: string) {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
  socket.write(`${head}\r\nconnection: close\r\n\r\n`);
  const answer = await text(socket);
  return { status: Number(answer.split(' ', 2)[1]), answer };
}

describe('a host name', () => {
  const check = hostCheck(['registry.lan', '*.example.com', 'fe80::1']);
  it.each([
    undefined,
    'localhost',
    'LOCALHOST:5000',
    'localhost.',
    '127.0.0.1:5000',
    '192.0.2.7:5000',
    '[::1]:5000',
    '[2001:db8::1]',
    'registry.lan:5000',
    'Registry.LAN',
    'a.example.com:80',
  ])('%s is allowed', (host) => {
    expect(() => check(host)).not.toThrow();
  });
  it.each([
    '',
    'evil.example.org',
    'evil.example.org:5000',
    'registry.lan.evil.org',
    'localhost.evil.org',
    '127.0.0.1.evil.org',
    'example.com.',
    '127.0.0.1:5000:1',
    '[evil.org]',
    'a@127.0.0.1',
  ])('%j is refused', (host) => {
    expect(() => check(host)).toThrow(expect.objectContaining({ status: 421 }) as Error);
  });
  it.each(['a:5000', 'http://a', 'a/b', ''])('%j cannot be allowed', (name) => {
    expect(() => hostCheck([name])).toThrow(/allowed host/);
  });
});

it('answers every request for a foreign host with 421 and an error of the specification', async () => {
  const { address, answered } = await start();
  for (const head of [
    'GET / HTTP/1.1',
    'GET /v2/ HTTP/1.1',
    'HEAD /v2/_catalog HTTP/1.1',
    'DELETE /v2/a/manifests/x HTTP/1.1',
    'GET /-/a HTTP/1.1',
    'GET /none HTTP/1.1',
  ])
    expect((await sendRaw(address, `${head}\r\nhost: evil.example.org`)).status).toBe(421);
  const { answer } = await sendRaw(address, 'GET /v2/ HTTP/1.1\r\nhost: evil.example.org:5000');
  expect(answer).toContain('"code":"DENIED"');
  expect((await sendRaw(address, 'GET /v2/ HTTP/1.1\r\nhost: registry.lan')).status).toBe(200);
  // A health check works for any host name, and its response reveals nothing.
  expect((await sendRaw(address, 'GET /healthz HTTP/1.1\r\nhost: evil.example.org')).status).toBe(
    200,
  );
  expect(new Set(answered.slice(0, 6).map(({ status }) => status))).toEqual(new Set([421]));
});

it.each([
  ['POST', 'origin: https://evil.example.org', 403],
  ['POST', 'origin: null', 403],
  // Another port is another origin.
  ['POST', 'origin: http://localhost:3000', 403],
  ['PUT', 'sec-fetch-site: cross-site', 403],
  ['DELETE', 'sec-fetch-site: same-site', 403],
  ['PATCH', 'origin: http://localhost:5000\r\nsec-fetch-site: cross-site', 403],
  ['OPTIONS', 'origin: https://evil.example.org', 403],
  ['POST', 'origin: http://localhost:5000', 202],
  ['POST', 'origin: http://localhost:5000\r\nsec-fetch-site: same-origin', 202],
  ['POST', 'sec-fetch-site: none', 202],
  ['POST', 'user-agent: docker/28', 202],
])('%s with %j is answered with %i', async (method, header, status) => {
  const { address } = await start();
  const head = `${method} /v2/a/blobs/uploads/ HTTP/1.1\r\nhost: localhost:5000\r\n${header}`;
  expect((await sendRaw(address, head)).status).toBe(status);
});

it('forbids content sniffing and embedding by other sites in every response', async () => {
  const { address } = await start();
  const { ask, pushImage } = clientOfRegistry(`http://${address}`);
  const { layers } = await pushImage('a', '1', '<script>alert(1)</script>');
  const paths = [
    '/v2/',
    '/v2/a/manifests/1',
    `/v2/a/blobs/${layers[0]?.digest}`,
    '/v2/a/manifests/none',
    '/',
    '/-/a',
    '/healthz',
    '/none',
    `/v2/a/referrers/${sha256('x')}`,
  ];
  for (const path of paths) {
    const { headers } = await ask('GET', path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("default-src 'none'");
  }
});
