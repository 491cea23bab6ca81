import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { selfSigned } from '../../../testing/self-signed.js';
import { RegistryClient, type RegistryOptions } from './client.js';
import { beginUpload } from '../upload/upload.js';
import { surroundingsOf } from '../../surroundings.js';

const SCOPE = 'repository:a:pull';
const BASIC = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
const BLOB = { method: 'GET', url: '/v2/a/blobs/x', scope: SCOPE, expected: [200] } as const;

/** A server that records the `authorization` header of every request. */
async function recording(answer: RequestListener) {
  const seen: (string | undefined)[] = [];
  const host = await listening((request, response) => {
    seen.push(request.headers.authorization);
    answer(request, response);
  });
  return { host, seen };
}

async function open(registry: string, options: Partial<RegistryOptions> = {}) {
  const client = await RegistryClient.open(registry, {
    credentials: async () => ({ username: 'ada', password: 'secret' }),
    plainHttp: true,
    retries: 0,
    surroundings: surroundingsOf(),
    ...options,
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

const redirect = (response: ServerResponse, location: string) =>
  response.writeHead(307, { location }).end();

describe('a redirect to another origin', () => {
  it.each(['Basic realm="x"', 'Bearer realm="http://HOST/token",service="s"'])(
    'that answers 401 with %s gets no credentials',
    async (challenge) => {
      const other = await recording(({ headers }, response) => {
        const asks = challenge.replace('HOST', headers.host ?? '');
        response.writeHead(401, { 'www-authenticate': asks }).end();
      });
      const registry = await recording((_, response) =>
        redirect(response, `http://${other.host}/blob`),
      );
      await expect((await open(registry.host)).request(BLOB)).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        hint: expect.stringContaining('were not sent') as string,
      });
      expect(other.seen).toEqual([undefined]);
    },
  );

  it('gets no credentials, nor does a redirect from there back to the registry', async () => {
    const registry = await recording(({ url, headers }, response) => {
      const isKnown = headers.authorization === BASIC;
      if (url === '/back') response.writeHead(isKnown ? 500 : 200).end();
      else if (isKnown) redirect(response, `http://${other.host}/`);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const other = await recording((_, response) =>
      redirect(response, `http://${registry.host}/back`),
    );
    expect((await (await open(registry.host)).request(BLOB)).status).toBe(200);
    expect(registry.seen).toEqual([undefined, BASIC, undefined]);
    expect(other.seen).toEqual([undefined]);
  });

  it('gets no user information from its URL', async () => {
    const other = await recording((_, response) => response.end());
    const registry = await recording((_, response) =>
      redirect(response, `http://eve:hidden@${other.host}/`),
    );
    const { url } = await (await open(registry.host)).request(BLOB);
    expect([other.seen, url.href]).toEqual([[undefined], `http://${other.host}/`]);
  });

  it('is not followed by a token request', async () => {
    const other = await recording((_, response) => response.end('{"token":"t"}'));
    const registry = await recording((request, response) => {
      if (request.url?.startsWith('/token')) redirect(response, `http://${other.host}/`);
      else {
        const realm = `Bearer realm="http://eve:hidden@${registry.host}/token"`;
        response.writeHead(401, { 'www-authenticate': realm }).end();
      }
    });
    await expect((await open(registry.host)).request(BLOB)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('a redirect (307)') as string,
    });
    expect([registry.seen, other.seen]).toEqual([[undefined, BASIC], []]);
  });

  it('that is the location of an upload gets no credentials', async () => {
    const other = await recording((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const registry = await recording((_, response) => {
      response.writeHead(202, { location: `http://eve:hidden@${other.host}/upload` }).end();
    });
    const client = await open(registry.host);
    const upload = await beginUpload(client, 'a', { scope: SCOPE });
    if (upload === 'mounted') throw new Error('expected an upload');
    expect(upload.url.href).toBe(`http://${other.host}/upload`);
    const put = { method: 'PUT', url: upload.url.href, scope: SCOPE, expected: [201] } as const;
    await expect(client.request(put)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(other.seen).toEqual([undefined]);
  });
});

describe('a redirect of a write', () => {
  const write = (method: 'POST' | 'PUT' | 'PATCH', body: string) => ({
    method,
    url: '/v2/a/blobs/uploads/x',
    scope: SCOPE,
    headers: { 'content-length': String(body.length), 'content-range': '0-4' },
    body: () => Buffer.from(body),
    once: true,
    expected: [201],
  });

  it.each([
    ['POST', 307],
    ['PUT', 307],
    ['PATCH', 308],
  ] as const)(
    '%s %i is sent again with its body, without credentials elsewhere',
    async (method, status) => {
      const got: string[] = [];
      const other = await recording((request, response) => {
        const range = request.headers['content-range'];
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          got.push([request.method, range, Buffer.concat(chunks).toString()].join(' '));
          response.writeHead(201).end();
        });
      });
      const registry = await recording((request, response) => {
        const location = `http://${other.host}/u`;
        if (request.headers.authorization === BASIC) response.writeHead(status, { location }).end();
        else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      });
      const client = await open(registry.host);
      expect((await client.request(write(method, 'bytes'))).status).toBe(201);
      expect([registry.seen, other.seen]).toEqual([[undefined, BASIC], [undefined]]);
      expect(got).toEqual([`${method} 0-4 bytes`]);
    },
  );

  it.each([301, 302, 303])('%i, which would make it a read, is not followed', async (status) => {
    const other = await recording((_, response) => response.writeHead(201).end());
    const registry = await recording((_, response) =>
      response.writeHead(status, { location: `http://${other.host}/u` }).end(),
    );
    const client = await open(registry.host);
    await expect(client.request(write('POST', 'bytes'))).rejects.toMatchObject({ code: 'INVALID' });
    expect(other.seen).toEqual([]);
  });
});

it('a request that is too large names its size and the limit to raise', async () => {
  const registry = await recording((_, response) => response.writeHead(413).end());
  const client = await open(registry.host);
  const headers = { 'content-length': '5' };
  const put = { method: 'PUT', url: '/x', scope: SCOPE, headers, expected: [201] } as const;
  await expect(client.request({ ...put, body: () => Buffer.from('bytes') })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringContaining('PUT of 5 bytes') as string,
    hint: expect.stringContaining('client_max_body_size') as string,
  });
});

/** Two requests: a read, and the start of an upload. */
const readAndUpload = (client: RegistryClient) => [
  () => client.request(BLOB),
  () => beginUpload(client, 'a', { scope: SCOPE }),
];

describe('a URL from a registry', () => {
  it.each([
    ['file:///etc/passwd', '"file:///etc/passwd"'],
    ['http://eve:hidden@far.invalid:99999999/', 'no valid URL'],
    ['javascript:eve:hidden', '"javascript:"'],
    ['ftp://eve:hidden@far.invalid/x?signature=hidden', '"ftp://far.invalid/x"'],
  ])('%s is refused, as a redirect and as the location of an upload', async (location, shown) => {
    const registry = await listening((_, response) =>
      response.writeHead(response.req.method === 'GET' ? 302 : 202, { location }).end(),
    );
    const client = await open(registry);
    for (const ask of readAndUpload(client)) {
      const error: unknown = await ask().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      expect(String(error)).toContain(shown);
      expect(String(error)).not.toContain('hidden');
    }
  });

  it('must not be http when the registry uses https, also after another redirect', async () => {
    const plain = await recording((_, response) => response.end());
    const tls = await selfSigned();
    const registry = await listening(
      (request, response) => {
        const location = request.url === '/hop' ? `http://${plain.host}/` : '/hop';
        if (request.method === 'GET') redirect(response, location);
        else response.writeHead(202, { location: `http://${plain.host}/` }).end();
      },
      { tls },
    );
    const client = await open(registry, { plainHttp: false, caFile: tls.certFile });
    for (const ask of readAndUpload(client))
      await expect(ask()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('expected a URL of https') as string,
      });
    expect(plain.seen).toEqual([]);
  });

  it('is followed at most five times', async () => {
    const registry = await recording((_, response) => redirect(response, '/again'));
    await expect((await open(registry.host)).request(BLOB)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(registry.seen).toHaveLength(6);
  });
});
