import type { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { selfSigned } from '../../../testing/self-signed.js';
import { RegistryClient, type RegistryOptions } from './client.js';
import { surroundingsOf } from '../../surroundings.js';

const BLOB = {
  method: 'GET',
  url: '/v2/a/blobs/x',
  scope: 'repository:a:pull',
  expected: [200],
} as const;

async function open(registry: string, options: Partial<RegistryOptions>) {
  const credentials = async () => ({ username: 'ada', password: 'secret' });
  const client = await RegistryClient.open(registry, {
    credentials,
    surroundings: surroundingsOf(),
    retries: 0,
    ...options,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

/** A TLS registry that refers its clients to another TLS server, by a redirect or as the token realm. */
async function twoServers(how: 'redirect' | 'realm') {
  const [own, other] = [await selfSigned(), await selfSigned()];
  const clients: [server: string, hasCertificate: boolean][] = [];
  const note = (server: string, socket: TLSSocket) =>
    clients.push([server, socket.getPeerCertificate().raw !== undefined]);
  const asking = { requestCert: true, rejectUnauthorized: false };
  const elsewhere = await listening(
    ({ socket }, response) => {
      note('other', socket as TLSSocket);
      response.end('{"token":"t"}');
    },
    { tls: { ...other, ...asking } },
  );
  const registry = await listening(
    ({ socket, headers }, response) => {
      note('own', socket as TLSSocket);
      if (headers.authorization === 'Bearer t') response.end();
      else if (how === 'redirect')
        response.writeHead(307, { location: `https://${elsewhere}/` }).end();
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="https://${elsewhere}/"` })
          .end();
    },
    { tls: { ...own, ...asking } },
  );
  return { registry, elsewhere, own, other, clients };
}

it.each(['redirect', 'realm'] as const)(
  'the TLS settings for a registry do not apply to its %s on another host; the trusted CAs do',
  async (how) => {
    const { registry, elsewhere, own, other, clients } = await twoServers(how);
    const client = { clientCert: own.certFile, clientKey: own.keyFile };
    const unverified = await open(registry, { ...client, insecureSkipTlsVerify: true });
    await expect(unverified.request(BLOB)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`${elsewhere}: self-signed certificate`) as string,
    });
    expect(clients).toEqual([['own', true]]);
    const trusting = await open(registry, {
      ...client,
      insecureSkipTlsVerify: true,
      caFile: other.certFile,
    });
    clients.length = 0;
    expect((await trusting.request(BLOB)).status).toBe(200);
    expect(new Map(clients)).toEqual(
      new Map([
        ['own', true],
        ['other', false],
      ]),
    );
  },
);
