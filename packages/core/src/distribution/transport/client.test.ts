import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { describe as descriptorOf } from '../../oci/descriptor.js';
import { readAll } from '../../transfer/verified.js';
import { RegistryClient } from './client.js';
import { download } from '../download.js';
import { surroundingsOf, type Environment } from '../../surroundings.js';

const CONTENT = Buffer.from('some content of a blob, in two parts');
const BLOB = descriptorOf('application/octet-stream', CONTENT);

async function serve(answer: RequestListener, patience?: number): Promise<RegistryClient> {
  const client = await RegistryClient.open(await listening(answer), {
    credentials: async () => undefined,
    plainHttp: true,
    timeout: patience,
    retries: 1,
    surroundings: surroundingsOf(),
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

const read = (client: RegistryClient) =>
  readAll(download(client, BLOB, { url: '/v2/a/blobs/x', scope: '' }));

describe('a registry that stops sending', () => {
  it('in the middle of a blob is asked for the rest', async () => {
    const ranges: (string | undefined)[] = [];
    const client = await serve(({ headers }, answer) => {
      ranges.push(headers.range);
      const [, start = '0'] = /bytes=([0-9]+)-/.exec(headers.range ?? '') ?? [];
      const rest = CONTENT.subarray(Number(start));
      const length = { 'content-length': String(rest.byteLength) };
      answer.writeHead(headers.range === undefined ? 200 : 206, length);
      if (headers.range === undefined) answer.write(rest.subarray(0, 12));
      else answer.end(rest);
    }, 300);
    expect(Buffer.from(await read(client))).toEqual(CONTENT);
    expect(ranges).toEqual([undefined, `bytes=12-${CONTENT.byteLength - 1}`]);
  });

  it('is UNAVAILABLE after the last retry', { timeout: 20_000 }, async () => {
    const client = await serve(() => undefined, 200);
    await expect(read(client)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const half = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': String(CONTENT.byteLength) });
      answer.flushHeaders();
    }, 200);
    await expect(read(half)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('Retry-After delays all requests to a registry', async () => {
  const times: number[] = [];
  const client = await serve((_, answer) => {
    times.push(Date.now());
    if (times.length === 1) answer.writeHead(429, { 'retry-after': '1' }).end();
    else answer.end(CONTENT);
  });
  const first = read(client);
  while (times.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [start = 0] = times;
  await Promise.all([first, read(client)]);
  for (const time of times.slice(1)) expect(time - start).toBeGreaterThanOrEqual(990);
});

it('a registry on another host is reached through the proxy of the environment, unless NO_PROXY names it', async () => {
  const asked: string[] = [];
  const proxy = createServer(({ url = '' }, answer) => {
    asked.push(url);
    answer.end(CONTENT);
  });
  proxy.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    return new Promise<void>((resolve) => proxy.close(() => resolve()));
  });
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { http_proxy: address, https_proxy: address };
  const open = async (registry: string, plainHttp: boolean, others: Environment = {}) => {
    const client = await RegistryClient.open(registry, {
      credentials: async () => undefined,
      plainHttp,
      retries: 0,
      surroundings: surroundingsOf({ env: { ...env, ...others } }),
    });
    onTestFinished(() => client[Symbol.asyncDispose]());
    return client;
  };
  expect(Buffer.from(await read(await open('far.invalid', true)))).toEqual(CONTENT);
  await expect(read(await open('far.invalid', false))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(asked[0]).toBe('http://far.invalid/v2/a/blobs/x');
  expect(new Set(asked.slice(1))).toEqual(new Set(['far.invalid:443']));
  const before = asked.length;
  const others = { no_proxy: 'far.invalid' };
  await expect(read(await open('far.invalid', true, others))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  expect(asked).toHaveLength(before);
});
