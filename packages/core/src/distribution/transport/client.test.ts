import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientOf } from '../../../testing/registry-client.js';
import { listening } from '../../../testing/listening.js';
import { describe as descriptorOf } from '../../oci/descriptor.js';
import { readAll } from '../../transfer/verified.js';
import { RegistryClient, type RegistryOptions } from './client.js';
import { download } from '../download.js';
import { surroundingsOf, type Environment } from '../../surroundings.js';

const CONTENT = Buffer.from('some content of a blob, in two parts');
const BLOB = descriptorOf('application/octet-stream', CONTENT);

/** Opens a client of a server with this request handler; it waits for no time between its tries. */
async function serve(
  answer: RequestListener,
  options: Pick<RegistryOptions, 'timeout' | 'wait'> = {},
): Promise<RegistryClient> {
  const client = await RegistryClient.open(await listening(answer), {
    credentials: async () => undefined,
    plainHttp: true,
    retries: 1,
    surroundings: surroundingsOf(),
    wait: async () => undefined,
    ...options,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

const read = (client: RegistryClient) =>
  readAll(download(client, BLOB, { url: '/v2/a/blobs/x', scope: '' }));

describe('a registry that stops sending', () => {
  it('in the middle of a blob is asked for the rest', async () => {
    const ranges: (string | undefined)[] = [];
    const client = await serve(
      ({ headers }, answer) => {
        ranges.push(headers.range);
        const [, start = '0'] = /bytes=([0-9]+)-/.exec(headers.range ?? '') ?? [];
        const rest = CONTENT.subarray(Number(start));
        const length = { 'content-length': String(rest.byteLength) };
        answer.writeHead(headers.range === undefined ? 200 : 206, length);
        if (headers.range === undefined) answer.write(rest.subarray(0, 12));
        else answer.end(rest);
      },
      { timeout: 300 },
    );
    expect(Buffer.from(await read(client))).toEqual(CONTENT);
    expect(ranges).toEqual([undefined, `bytes=12-${CONTENT.byteLength - 1}`]);
  });

  it('is UNAVAILABLE after the last retry', async () => {
    const client = await serve(() => undefined, { timeout: 50 });
    await expect(read(client)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const half = await serve(
      (_, answer) => {
        answer.writeHead(200, { 'content-length': String(CONTENT.byteLength) });
        answer.flushHeaders();
      },
      { timeout: 50 },
    );
    await expect(read(half)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('Retry-After delays all requests to a registry', async () => {
  let requests = 0;
  const waits: number[] = [];
  let endWait = () => undefined as void;
  const waited = new Promise<void>((resolve) => (endWait = resolve));
  const client = await serve(
    (_, answer) => {
      if (requests++ === 0) answer.writeHead(429, { 'retry-after': '20' }).end();
      else answer.end(CONTENT);
    },
    {
      wait: async (milliseconds) => {
        if (milliseconds <= 0) return;
        waits.push(milliseconds);
        await waited;
      },
    },
  );
  const first = read(client);
  await vi.waitFor(() => expect(waits).toHaveLength(1), 10_000);
  const second = read(client);
  await vi.waitFor(() => expect(waits).toHaveLength(2), 10_000);
  expect(requests).toBe(1);
  endWait();
  await Promise.all([first, second]);
  expect(requests).toBe(3);
  for (const wait of waits) expect(wait / 20_000).toBeCloseTo(1, 0);
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

it('a registry on this machine that accepts and says nothing is asked for no longer than the timeout', async () => {
  const registry = await listening(() => undefined);
  await using client = await RegistryClient.open(registry, {
    credentials: async () => undefined,
    timeout: 50,
    surroundings: surroundingsOf(),
  });
  expect(client.registry).toBe(registry);
});

it('sends a bounded number of requests at once, and uploads besides them', async () => {
  const waiting: (() => void)[] = [];
  const { client, requests } = await clientOf((request, response) => {
    request.resume();
    waiting.push(() => response.writeHead(200).end());
  });
  const common = { url: '/v2/', scope: 'repository:a:pull', expected: [200] };
  const content = async function* () {
    yield Buffer.from('content');
  };
  const all = Array.from({ length: 20 }, () => [
    client.request({ ...common, method: 'HEAD' }),
    client.request({ ...common, method: 'PUT', body: content }),
  ]).flat();
  const sent = () => [/HEAD/, /PUT/].map((kind) => requests.filter((one) => kind.test(one)).length);
  await expect.poll(() => waiting.length).toBe(24);
  expect(sent()).toEqual([16, 8]);
  for (let done = 0; done < 40; done++) {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.();
  }
  for (const each of all) await (await each).dump();
  expect(sent()).toEqual([20, 20]);
});
