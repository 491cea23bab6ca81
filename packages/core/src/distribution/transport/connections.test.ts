import { describe, expect, it } from 'vitest';
import { collect } from '../../../testing/chunks.js';
import { listening } from '../../../testing/listening.js';
import { Connections } from './connections.js';

const noTls = () => Promise.reject(new TypeError('http has no TLS settings'));
const GET = { method: 'GET', headers: {} };

describe('connections', () => {
  it('are reused, and closed when they are disposed of', async () => {
    const ports = new Set<number | undefined>();
    const host = await listening(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('x');
    });
    const connections = new Connections({ env: {}, tlsFor: noTls, timeout: 5_000 });
    for (let round = 0; round < 3; round++)
      await collect(await connections.send(new URL(`http://${host}/`), GET));
    expect(ports.size).toBe(1);
    connections[Symbol.dispose]();
  });

  it('give content whose bytes stay while more is read, also when it waits', async () => {
    const letters = 'abcdefghij';
    const host = await listening((_, response) => {
      void (async () => {
        for (const letter of letters) {
          response.write(letter.repeat(10_000));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        response.end();
      })();
    });
    using connections = new Connections({ env: {}, tlsFor: noTls, timeout: 5_000 });
    const answer = await connections.send(new URL(`http://${host}/`), GET);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      if (chunks.length === 2) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const expected = [...letters].map((letter) => letter.repeat(10_000)).join('');
    expect(Buffer.concat(chunks).toString()).toBe(expected);
  });

  it('send the headers given, and who asks', async () => {
    let seen: NodeJS.Dict<string | string[]> = {};
    const host = await listening(({ headers }, response) => {
      seen = headers;
      response.end();
    });
    using connections = new Connections({ env: {}, tlsFor: noTls, timeout: 5_000 });
    const headers = { 'x-a': 'b' };
    await collect(await connections.send(new URL(`http://${host}/`), { ...GET, headers }));
    expect(seen).toMatchObject({
      'x-a': 'b',
      'user-agent': expect.stringMatching(/^stowage/) as string,
    });
  });

  it('go through the proxy of the environment', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await listening(({ url }, response) => {
      asked.push(url);
      response.end('proxied');
    });
    const env = { http_proxy: `http://${proxy}` };
    using connections = new Connections({ env, tlsFor: noTls, timeout: 5_000 });
    const answer = await connections.send(new URL('http://r.example/v2/'), GET);
    expect([await collect(answer), asked]).toEqual(['proxied', ['http://r.example/v2/']]);
  });

  it('end with the reason of an abort', async () => {
    const host = await listening(() => undefined);
    using connections = new Connections({ env: {}, tlsFor: noTls, timeout: 5_000 });
    const controller = new AbortController();
    const { signal } = controller;
    const sending = connections.send(new URL(`http://${host}/`), { ...GET, signal });
    setImmediate(() => controller.abort(new TypeError('stopped')));
    await expect(sending).rejects.toThrow('stopped');
  });

  it('fail with the code of the system', async () => {
    using connections = new Connections({ env: {}, tlsFor: noTls, timeout: 20 });
    const host = await listening(() => undefined);
    await expect(connections.send(new URL(`http://${host}/`), GET)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
  });
});
