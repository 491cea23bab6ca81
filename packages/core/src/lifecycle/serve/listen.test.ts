import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { connectionLimit, listen, parseListenAddress } from './listen.js';

it('closes the connection of a client that stops sending, and waits for a slow one', async () => {
  const storage = new RegistryStore(await temporaryFolder());
  const listening = await listen(registryHandler({ reader: storage, storage }), {
    host: '127.0.0.1',
    port: 0,
    headersTimeout: 1_000,
    idleTimeout: 2_000,
  });
  onTestFinished(() => listening[Symbol.asyncDispose]());
  const port = Number(new URL(listening.url).port);
  const bytes = 'xxxx';
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const post = `POST /v2/a/blobs/uploads/?digest=${digest} HTTP/1.1\r\nhost: x\r\n`;
  const send = async (pieces: readonly string[]) => {
    const socket = connect(port, '127.0.0.1');
    const start = performance.now();
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) =>
      socket.on('close', () => resolve(performance.now() - start)),
    );
    for (const piece of pieces) {
      socket.write(piece);
      await sleep(450);
    }
    return { milliseconds: await closed, status: received.split(' ', 2)[1] };
  };
  const head = `${post}connection: close\r\ncontent-length: 4\r\n\r\n`;
  const [slow, stuck, headless] = await Promise.all([
    // Longer in total than the idle timeout.
    send([head, ...bytes]),
    send([head, 'xx']),
    send([post]),
  ]);
  expect(slow.status).toBe('201');
  expect(stuck).toMatchObject({ status: undefined });
  expect(headless.status).toBe('408');
  expect(Math.max(stuck.milliseconds, headless.milliseconds)).toBeLessThan(15_000);
});

it('closes connections of a client beyond a quarter of the limit', async () => {
  const listening = await listen((_, response) => response.end(), {
    host: '127.0.0.1',
    port: 0,
    connections: connectionLimit(8),
  });
  onTestFinished(() => listening[Symbol.asyncDispose]());
  const port = Number(new URL(listening.url).port);
  const open = (localAddress?: string) => {
    const socket = connect({ port, host: '127.0.0.1', ...(localAddress ? { localAddress } : {}) });
    onTestFinished(() => void socket.destroy());
    const ended = new Promise<'ended'>((resolve) => {
      socket.on('error', () => undefined);
      socket.on('close', () => resolve('ended'));
    });
    const answered = new Promise<'answered'>((resolve) =>
      socket.once('data', () => resolve('answered')),
    );
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    return { socket, state: Promise.race([ended, answered]) };
  };
  const [one, two] = [open(), open()];
  expect(await Promise.all([one.state, two.state])).toEqual(['answered', 'answered']);
  expect(await open().state).toBe('ended');
  one.socket.destroy();
  await expect.poll(() => open().state).toBe('answered');
});

it.each([
  ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  // As other servers read it: every address.
  [':5300', { host: '', port: 5300 }],
])('listens on %s', (text, expected) => {
  expect(parseListenAddress(text)).toEqual(expected);
});

it.each(['5300', 'localhost', ':', ':65536', 'a:b', '::1:5000'])('refuses %j', (text) => {
  expect(() => parseListenAddress(text)).toThrow('expected HOST:PORT or :PORT');
});

it('an empty host is every address', async () => {
  const address = { host: '', port: 0 };
  await using listening = await listen((_, response) => response.end('here'), address);
  const { port } = new URL(listening.url);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
});
