import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listening } from '../../testing/listening.js';
import { selfSigned } from '../../testing/self-signed.js';
import { withLargeReads } from './large-reads.js';
import { lentBody } from './lent-body.js';
import { sendRequest } from './send-request.js';

const SIZE = 17 * 1024 * 1024 + 5;
/** No two pieces of it are equal. */
const CONTENT = Buffer.from(
  Uint32Array.from({ length: SIZE / 4 + 1 }, (_, at) => at).buffer,
  0,
  SIZE,
);

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Sends `CONTENT` in writes of that many bytes, each a chunk of its own if the length is not told. */
const sending =
  (step: number, headers: OutgoingHttpHeaders = { 'content-length': SIZE }): RequestListener =>
  async (_, response) => {
    response.writeHead(200, headers);
    for (let at = 0; at < SIZE && !response.destroyed; at += step)
      if (!response.write(CONTENT.subarray(at, at + step))) await once(response, 'drain');
    response.end();
  };

function agentOf<T extends Agent>(agent: T): T {
  onTestFinished(() => agent.destroy());
  return withLargeReads(agent);
}

async function get(
  address: string,
  agent: Agent = agentOf(new Agent({ keepAlive: true })),
  options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
): Promise<IncomingMessage> {
  const sent = request(`http://${address}/`, { agent, ...options });
  return sendRequest(sent, undefined, { ...options, lend: true });
}

/** Reads as the contract allows: a chunk is used after the next one has come, and before the second one is asked for. */
async function digestOfLate(message: IncomingMessage, wait = 0) {
  const hash = createHash('sha256');
  const buffers = new Set<ArrayBufferLike>();
  let last: Uint8Array | undefined;
  let size = 0;
  for await (const chunk of lentBody(message)) {
    if (wait > 0) await setTimeout(wait);
    if (last) hash.update(last);
    last = chunk;
    size += chunk.byteLength;
    buffers.add(chunk.buffer);
  }
  if (last) hash.update(last);
  return { digest: hash.digest('hex'), size, buffers: buffers.size };
}

const WHOLE = { size: SIZE, digest: digestOf(CONTENT) };

describe('a lent body', () => {
  it.each([
    [1024 * 1024, 0],
    [64 * 1024 + 1, 0],
    [SIZE, 3],
  ])(
    'is the content that comes in writes of %i bytes, to a reader that takes %i ms',
    async (step, wait) => {
      const message = await get(await listening(sending(step)));
      const { buffers, ...read } = await digestOfLate(message, wait);
      expect(read).toEqual(WHOLE);
      // Four that are used again, and what had passed through the parser.
      expect(buffers).toBeLessThan(10);
    },
  );

  it('comes through TLS', async () => {
    const { key, cert } = await selfSigned();
    const address = await listening(sending(1024 * 1024), { tls: { key, cert } });
    const agent = agentOf(new TlsAgent({ rejectUnauthorized: false }));
    const sent = tlsRequest(`https://${address}/`, { agent });
    const message = await sendRequest(sent, undefined, { lend: true });
    const { buffers, ...read } = await digestOfLate(message);
    expect(read).toEqual(WHOLE);
    expect(buffers).toBeLessThanOrEqual(4);
  });

  it('ends with its length, whatever the connection sends after it', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`);
      socket.write(CONTENT);
      socket.write('HTTP/1.1 200 OK\r\n\r\nmore'.repeat(100_000));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const message = await get(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await digestOfLate(message)).toMatchObject(WHOLE);
  });

  it.each([
    ['comes in two reads', ['HTTP/1.1 200 OK\r\ncontent-', `length: ${SIZE}\r\n\r\n`]],
    [
      'follows an interim one',
      [`HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`, ''],
    ],
  ])('whose head %s is that of the message', async (_, [first = '', second = '']) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.write(first, () => {
        void setTimeout(20).then(() => {
          socket.write(second);
          socket.write(CONTENT);
        });
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const message = await get(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(lentBody(message)).toBe(message);
    expect(await digestOfLate(message)).toMatchObject(WHOLE);
  });

  it('gives its connection up; the next request has another one', async () => {
    const ports = new Set<number | undefined>();
    const agent = agentOf(new Agent({ keepAlive: true, maxSockets: 1 }));
    const address = await listening((message, response) => {
      ports.add(message.socket.remotePort);
      void sending(1024 * 1024)(message, response);
    });
    for (let turn = 0; turn < 2; turn++)
      expect(await digestOfLate(await get(address, agent))).toMatchObject(WHOLE);
    expect(ports.size).toBe(2);
  });

  it('of a refusal is that of the message', async () => {
    const message = await get(
      await listening((_, response) => void response.writeHead(503).end('x'.repeat(100_000))),
    );
    expect((await digestOfLate(message)).size).toBe(100_000);
  });

  it('whose chunks are not as they should be fails', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n';
      socket.write(head, () => void setTimeout(20).then(() => socket.write('garbage\r\n')));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const message = await get(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(digestOfLate(message)).rejects.toMatchObject({ code: 'HPE_INVALID_CHUNK_SIZE' });
  });

  it('that is small leaves its connection to the next request', async () => {
    const ports = new Set<number | undefined>();
    const agent = agentOf(new Agent({ keepAlive: true }));
    const address = await listening(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('small');
    });
    for (let turn = 0; turn < 2; turn++)
      expect((await digestOfLate(await get(address, agent))).size).toBe(5);
    expect(ports.size).toBe(1);
  });

  it('closes its connection when its reader stops', async () => {
    let closed: Promise<unknown> | undefined;
    const address = await listening((message, response) => {
      closed = once(response, 'close');
      void sending(64 * 1024)(message, response);
    });
    for await (const _ of lentBody(await get(address))) break;
    await closed;
  });

  it('gives all that came before its connection broke, and then its error', async () => {
    const most = 5 * 1024 * 1024 + 77;
    const address = await listening((_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      response.write(CONTENT.subarray(0, most), () => response.destroy());
    });
    const message = await get(address);
    const got: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of lentBody(message)) got.push(Buffer.from(chunk));
    })();
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(digestOf(Buffer.concat(got))).toBe(digestOf(CONTENT.subarray(0, most)));
  });

  it('ends with an abort', async () => {
    const address = await listening((_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      response.write(CONTENT.subarray(0, 1024 * 1024));
    });
    const aborting = new AbortController();
    const message = await get(address, undefined, { signal: aborting.signal });
    const reading = (async () => {
      for await (const _ of lentBody(message)) aborting.abort();
    })();
    await expect(reading).rejects.toThrow();
  });

  it('that a slow reader holds up for longer than the timeout is not given up', async () => {
    const message = await get(await listening(sending(SIZE)), undefined, { timeout: 100 });
    let size = 0;
    await setTimeout(250);
    for await (const chunk of lentBody(message)) {
      if (size === 0) await setTimeout(250);
      size += chunk.byteLength;
    }
    expect(size).toBe(SIZE);
  });

  it('that the server stops sending is given up after the timeout', async () => {
    const address = await listening((_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      response.write(CONTENT.subarray(0, 1024 * 1024));
    });
    const message = await get(address, undefined, { timeout: 100 });
    await expect(digestOfLate(message)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
