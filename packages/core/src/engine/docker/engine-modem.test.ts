import Docker from 'dockerode';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listening, type ListeningOptions } from '../../../testing/listening.js';
import { selfSigned } from '../../../testing/self-signed.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import type { Connection } from './connection/docker-host.js';
import { engineModem } from './engine-modem.js';

function dockerAt(connection: Connection): Docker {
  const modem = engineModem('docker-daemon:test', connection);
  onTestFinished(() => modem[Symbol.dispose]());
  const options: object = { modem };
  return new Docker(options);
}

async function connectionTo(answer: RequestListener, options?: ListeningOptions) {
  const [host = '', port = ''] = (await listening(answer, options)).split(':');
  return { protocol: options?.tls ? 'https:' : 'http:', host, port };
}

const MB = 1024 * 1024;

/** A body that does not end, and how much of it was read. */
function endlessBody() {
  const seen = { bytes: 0, isEnded: false };
  async function* produce() {
    try {
      for (; ; seen.bytes += MB) yield Buffer.alloc(MB);
    } finally {
      seen.isEnded = true;
    }
  }
  return { seen, body: Readable.from(produce(), { objectMode: false }) };
}

describe('dockerode', () => {
  it('reads no environment', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://[');
    vi.stubEnv('DOCKER_CERT_PATH', '/none');
    onTestFinished(() => void vi.unstubAllEnvs());
    const docker = dockerAt(await connectionTo((_, response) => response.end('{"ID":"here"}')));
    expect(await docker.info()).toEqual({ ID: 'here' });
  });

  it('talks through a socket', async () => {
    const socketPath = join(await temporaryFolder(), 's');
    const server = createServer((request, response) => response.end(`"${request.url}"`));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    onTestFinished(() => void server.close());
    expect(await dockerAt({ socketPath }).info()).toBe('/info');
  });

  it('talks TLS, with the certificates given and with them only', async () => {
    const { cert, key } = await selfSigned();
    const tls = { cert, key, ca: cert, requestCert: true };
    const connection = await connectionTo((_, response) => response.end('{}'), { tls });
    expect(await dockerAt({ ...connection, ca: cert, cert, key }).info()).toEqual({});
    await expect(dockerAt({ ...connection, cert, key }).info()).rejects.toThrow('self-signed');
    await expect(dockerAt({ ...connection, ca: cert }).info()).rejects.toMatchObject({
      code: expect.stringMatching(/UNAVAILABLE|ERR_SSL/) as string,
    });
    const trusting = dockerAt({ ...connection, cert, key, rejectUnauthorized: false });
    expect(await trusting.info()).toEqual({});
  });

  it('keeps a connection for the next request, until the modem is disposed of', async () => {
    const ports = new Set<number | undefined>();
    let closed: Promise<unknown> | undefined;
    const connection = await connectionTo(({ socket }, response) => {
      ports.add(socket.remotePort);
      closed ??= new Promise((resolve) => socket.once('close', resolve));
      response.end('{}');
    });
    const modem = engineModem('docker-daemon:test', connection);
    const options: object = { modem };
    const docker = new Docker(options);
    await docker.info();
    await docker.info();
    expect(ports.size).toBe(1);
    modem[Symbol.dispose]();
    await closed;
  });

  it('fails when an answer is cut', async () => {
    const connection = await connectionTo((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    await expect(dockerAt(connection).info()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('follows no redirect', async () => {
    let count = 0;
    const other = await listening((_, response) => {
      count += 1;
      response.end('{}');
    });
    const connection = await connectionTo((_, response) =>
      response.writeHead(301, { location: `http://${other}/` }).end('it is elsewhere'),
    );
    await expect(dockerAt(connection).info()).rejects.toMatchObject({
      code: 'INVALID',
      message: 'docker-daemon:test: it is elsewhere',
    });
    expect(count).toBe(0);
  });

  it('ends a body that the engine refuses', async () => {
    const { seen, body } = endlessBody();
    const connection = await connectionTo((_, response) =>
      response.writeHead(400).end('{"message":"no tar"}'),
    );
    await expect(dockerAt(connection).loadImage(body)).rejects.toMatchObject({
      code: 'INVALID',
      message: 'docker-daemon:test: no tar',
    });
    await expect.poll(() => seen.isEnded).toBe(true);
  });

  it('reads no more of a body than the engine takes, and ends it at an abort', async () => {
    const { seen, body } = endlessBody();
    const controller = new AbortController();
    const docker = dockerAt(await connectionTo(() => undefined));
    const loading = docker.loadImage(body, { abortSignal: controller.signal });
    loading.catch(() => undefined);
    let before = -1;
    await expect
      .poll(
        () => {
          const isSame = seen.bytes === before && before > 0;
          before = seen.bytes;
          return isSame;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(seen.bytes).toBeLessThan(64 * MB);
    controller.abort(new TypeError('stopped'));
    await expect(loading).rejects.toThrow('stopped');
    await expect.poll(() => seen.isEnded).toBe(true);
  });
});
