import { createServer, type AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { selfSigned } from '../../../testing/self-signed.js';
import { speaksHttp } from './speaks-http.js';

const OPTIONS = { env: {}, timeout: 5_000 };

it.each([200, 401, 404, 500])('a server that answers %i speaks http', async (status) => {
  const host = await listening((_, response) => response.writeHead(status).end());
  expect(await speaksHttp(host, OPTIONS)).toBe(true);
});

it('a server of TLS, or one that answers something else, does not', async () => {
  const host = await listening((_, response) => void response.end(), { tls: await selfSigned() });
  expect(await speaksHttp(host, OPTIONS)).toBe(false);
  const server = createServer((socket) => socket.end('SSH-2.0-x\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await speaksHttp(`127.0.0.1:${port}`, OPTIONS)).toBe(false);
});

it('a port where nobody listens does not', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await speaksHttp(`127.0.0.1:${port}`, OPTIONS)).toBe(false);
});

it('a server that does not answer in time does not', async () => {
  const host = await listening(() => undefined);
  expect(await speaksHttp(host, { env: {}, timeout: 20 })).toBe(false);
});
