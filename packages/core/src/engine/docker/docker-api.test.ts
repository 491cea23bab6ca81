import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect, inChunks } from '../../../testing/chunks.js';
import { apiAt } from '../../../testing/docker-target.js';
import { listening } from '../../../testing/listening.js';
import { bodyOfRequest } from '../../../testing/registry-client.js';

const told = async (answer: Promise<IncomingMessage>) => collect(await answer);
const apiOf = async (answer: RequestListener) => apiAt(`tcp://${await listening(answer)}`);

describe('a request to an engine', () => {
  it('has its query, and JSON or a tar as its body', async () => {
    const seen: string[] = [];
    using docker = await apiOf((request, response) => {
      void bodyOfRequest(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
        response.end('ok');
      });
    });
    await told(docker.stream('POST', '/a', { query: { x: '1', y: undefined }, body: { b: 2 } }));
    await told(docker.stream('POST', '/c', { body: inChunks(Buffer.from('tar'), 2) }));
    await told(docker.stream('POST', '/d', { query: { z: '{"a":"b c"}' } }));
    expect(seen).toEqual([
      'POST /a?x=1 application/json {"b":2}',
      'POST /c application/x-tar tar',
      'POST /d?z=%7B%22a%22%3A%22b%20c%22%7D undefined ',
    ]);
  });

  it.each([
    [{ 'api-version': '1.41' }, '/v1.41/x', false],
    [{ 'api-version': '1.999' }, '/v1.56/x', true],
    [{ 'api-version': 'new' }, '/x', false],
    [{}, '/x', false],
  ])('names the version of the API, after a ping that states %j', async (headers, path, isNew) => {
    const seen: (string | undefined)[] = [];
    using docker = await apiOf((request, response) => {
      seen.push(request.url);
      response.writeHead(200, headers).end('OK');
    });
    expect(docker.speaks('1.48')).toBe(false);
    await docker.ping(10_000);
    await told(docker.stream('GET', '/x'));
    expect(seen).toEqual(['/_ping', path]);
    expect(docker.speaks('1.48')).toBe(isNew);
  });

  it.each([
    [404, 'NOT_FOUND'],
    [409, 'CONFLICT'],
    [500, 'INVALID'],
    [400, 'INVALID'],
  ])('that is answered with %i is %s, in the words of the engine', async (status, code) => {
    using docker = await apiOf((_, response) =>
      response.writeHead(status).end('{"message":"no such thing"}'),
    );
    await expect(docker.stream('GET', '/x')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('no such thing') as string,
    });
  });

  it('that fails without words has the status', async () => {
    using docker = await apiOf((_, response) => response.writeHead(500).end('<html>'));
    await expect(docker.stream('GET', '/x')).rejects.toThrow(/500|html/);
  });

  it('that nobody answers is UNAVAILABLE, with a hint', async () => {
    using docker = apiAt('unix:///none/docker.sock');
    await expect(docker.stream('GET', '/x')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no such socket') as string,
    });
  });

  it('that is late or aborted ends', async () => {
    using docker = await apiOf(() => undefined);
    const late = { signal: AbortSignal.timeout(20) };
    await expect(docker.stream('GET', '/x', late)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no answer in time') as string,
    });
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(docker.stream('GET', '/x', { signal })).rejects.toThrow('stopped');
  });

  it('changes the protocol of a connection, or fails in the words of the engine', async () => {
    let seen: unknown;
    const server = createServer();
    server.on('upgrade', ({ url, headers }, connection) => {
      seen = { url, ...headers };
      connection.write('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nfirst ');
      connection.on('data', (data) => connection.end(`got ${String(data)}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    using docker = apiAt(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const connection = await docker.upgrade('/session', 'h2c', { headers: { 'x-id': ['a', 'b'] } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.write('second');
    expect(await collect(connection)).toBe('first got second');
    expect(seen).toMatchObject({ url: '/session', upgrade: 'h2c', 'x-id': 'a, b' });
    expect(seen).not.toHaveProperty('transfer-encoding');
    using other = await apiOf((_, response) => response.writeHead(404).end('no sessions'));
    const refused = other.upgrade('/session', 'h2c', { headers: {} });
    await expect(refused).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no sessions') as string,
    });
  });

  it('whose body fails has the error of the body', async () => {
    using docker = await apiOf((request) => void request.resume());
    async function* failing() {
      yield Buffer.from('x');
      throw new TypeError('mine');
    }
    await expect(docker.stream('POST', '/x', { body: failing() })).rejects.toThrow('mine');
  });
});

it.each([
  ['no JSON', '<html>'],
  ['a list', '[]'],
])('an answer of %s is no object', async (_what, text) => {
  using docker = await apiOf((_request, response) => response.end(text));
  await expect(docker.object('GET', '/x')).rejects.toMatchObject({ code: 'INVALID' });
});
