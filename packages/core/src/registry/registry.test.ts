import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { RegistryStore } from './storage/registry-store.js';
import { tap } from '../transfer/tap.js';
import { registryHandler } from './handler/handler.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = Buffer.from('{}');

let base: string;
let root: string;

beforeEach(async () => {
  root = await temporaryFolder();
  base = await serve(root);
});

interface ServeOptions {
  readonly readOnly?: boolean;
  readonly uploads?: number;
  /** Called with each chunk of an upload that the storage receives. */
  readonly onReceived?: () => void;
}

async function serve(
  folder: string,
  { readOnly = false, uploads, onReceived }: ServeOptions = {},
): Promise<string> {
  const storage = new RegistryStore(folder);
  if (onReceived) {
    const append = storage.uploads.append.bind(storage.uploads);
    storage.uploads.append = (name, id, bytes, options) =>
      append(name, id, tap(bytes, onReceived), options);
  }
  const handler = registryHandler({ reader: storage, uploads, ...(readOnly ? {} : { storage }) });
  return `http://${await listening(handler)}`;
}

const digestOf = (bytes: Uint8Array | string, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

interface AskOptions {
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  readonly at?: string;
}

function ask(method: string, path: string, { headers = {}, body, at = base }: AskOptions = {}) {
  return fetch(new URL(path, at), {
    method,
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
}

const get = (path: string, headers?: Record<string, string>) =>
  ask('GET', path, headers ? { headers } : {});

async function codeOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  expect(errors[0]?.message).not.toBe('');
  return `${answer.status} ${errors[0]?.code}`;
}

/** Uploads with POST and PUT, as most clients do. */
async function pushBlob(name: string, bytes: Uint8Array | string, at = base): Promise<string> {
  const digest = digestOf(bytes);
  const begun = await ask('POST', `/v2/${name}/blobs/uploads/`, { at });
  expect(begun.status).toBe(202);
  const url = `${begun.headers.get('location')}?digest=${digest}`;
  const done = await ask('PUT', url, { body: bytes, at });
  expect([done.status, done.headers.get('location')]).toEqual([201, `/v2/${name}/blobs/${digest}`]);
  return digest;
}

const described = (mediaType: string, bytes: Uint8Array | string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: Buffer.byteLength(bytes),
});

async function pushImage(name: string, reference?: string, more: object = {}) {
  await pushBlob(name, EMPTY);
  const layer = `a layer of ${name}`;
  await pushBlob(name, layer);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: described('application/vnd.oci.empty.v1+json', EMPTY),
    layers: [described('text/plain', layer)],
    ...more,
  });
  const digest = digestOf(manifest);
  const answer = await ask('PUT', `/v2/${name}/manifests/${reference ?? digest}`, {
    headers: { 'content-type': MANIFEST },
    body: manifest,
  });
  expect(answer.status).toBe(201);
  return { digest, manifest, answer, layer: digestOf(layer) };
}

it('identifies itself as a registry at /v2/', async () => {
  const answer = await get('/v2/');
  expect([answer.status, answer.headers.get('docker-distribution-api-version')]).toEqual([
    200,
    'registry/2.0',
  ]);
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await codeOf(await get('/v2/a'))).toBe('404 UNSUPPORTED');
  expect(await codeOf(await ask('POST', '/v2/'))).toBe('405 UNSUPPORTED');
  expect((await ask('DELETE', '/v2/a/tags/list')).headers.get('allow')).toBe('GET, HEAD');
});

describe('an upload', () => {
  const BYTES = 'some bytes of a blob';

  it('is accepted in one request, with a sha256 or sha512 digest', async () => {
    for (const algorithm of ['sha256', 'sha512']) {
      const digest = digestOf(BYTES, algorithm);
      const path = `/v2/a/blobs/uploads/?digest=${digest}`;
      const answer = await ask('POST', path, { body: BYTES });
      expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([201, digest]);
      expect(await (await get(`/v2/a/blobs/${digest}`)).text()).toBe(BYTES);
    }
  });

  it('without content creates an empty blob', async () => {
    const digest = await pushBlob('a', '');
    const answer = await get(`/v2/a/blobs/${digest}`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect((await get(`/v2/a/blobs/${digest}`, { range: 'bytes=0-1' })).status).toBe(416);
  });

  it('accepts chunks in order, and reports its size', async () => {
    const begun = await ask('POST', '/v2/a/blobs/uploads/');
    const url = begun.headers.get('location') ?? '';
    expect(url).toMatch(/^\/v2\/a\/blobs\/uploads\/[0-9a-f]{32}$/);
    const patch = (range: string | undefined, body: string) =>
      ask('PATCH', url, { body, headers: range === undefined ? {} : { 'content-range': range } });
    const first = await patch('0-4', 'some ');
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-4']);
    const wrong = await patch('7-9', 'xyz');
    expect([wrong.status, wrong.headers.get('range'), wrong.headers.get('location')]).toEqual([
      416,
      '0-4',
      url,
    ]);
    expect(await codeOf(await patch('5-6', 'more than two'))).toBe('400 SIZE_INVALID');
    expect(await codeOf(await patch('five', 'x'))).toBe('400 BLOB_UPLOAD_INVALID');
    // Without Content-Range a chunk is appended at the end, as Docker does.
    expect((await patch(undefined, 'bytes ')).headers.get('range')).toBe('0-10');
    const status = await get(url);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-10']);
    const digest = digestOf(BYTES);
    const last = await ask('PUT', `${url}?digest=${digest}`, {
      body: 'of a blob',
      headers: { 'content-range': '11-19' },
    });
    expect(last.status).toBe(201);
    expect(await (await get(`/v2/a/blobs/${digest}`)).text()).toBe(BYTES);
    expect(await codeOf(await get(url))).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  it('is unknown after it is cancelled, and in other repositories', async () => {
    const url = (await ask('POST', '/v2/a/blobs/uploads/')).headers.get('location') ?? '';
    expect(await codeOf(await get(url.replace('/a/', '/b/')))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    expect((await ask('DELETE', url)).status).toBe(204);
    for (const method of ['GET', 'DELETE', 'PATCH'])
      expect(await codeOf(await ask(method, url))).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  it('with a wrong digest stores nothing', async () => {
    const url = (await ask('POST', '/v2/a/blobs/uploads/')).headers.get('location') ?? '';
    const other = digestOf('other');
    const answer = await ask('PUT', `${url}?digest=${other}`, { body: BYTES });
    expect(await codeOf(answer)).toBe('400 DIGEST_INVALID');
    expect((await ask('HEAD', `/v2/a/blobs/${other}`)).status).toBe(404);
    expect(await codeOf(await ask('PUT', url, { body: BYTES }))).toBe('400 DIGEST_INVALID');
    const whole = await ask('POST', `/v2/a/blobs/uploads/?digest=md5:1`, { body: BYTES });
    expect(await codeOf(whole)).toBe('400 DIGEST_INVALID');
  });

  it('can be continued in another process', async () => {
    const url = (await ask('POST', '/v2/a/blobs/uploads/')).headers.get('location') ?? '';
    await ask('PATCH', url, { body: 'some ' });
    const at = await serve(root);
    expect((await ask('GET', url, { at })).headers.get('range')).toBe('0-4');
    await ask('PATCH', url, { body: 'bytes of a blob', at });
    // The first process no longer goes on from what it has received itself.
    const stale = await ask('PATCH', url, { body: 'x', headers: { 'content-range': '5-5' } });
    expect(await codeOf(stale)).toBe('416 BLOB_UPLOAD_INVALID');
    const digest = digestOf(BYTES);
    expect((await ask('PUT', `${url}?digest=${digest}`, { at })).status).toBe(201);
    expect(await (await get(`/v2/a/blobs/${digest}`)).text()).toBe(BYTES);
  });

  it('keeps the bytes received before the connection broke', async () => {
    let onReceived = () => undefined as void;
    const received = new Promise<void>((resolve) => (onReceived = resolve));
    const at = await serve(root, { onReceived });
    const url = (await ask('POST', '/v2/a/blobs/uploads/', { at })).headers.get('location') ?? '';
    const socket = connect(Number(new URL(at).port), '127.0.0.1');
    const head = `PATCH ${url} HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n`;
    socket.write(`${head}some `);
    await received;
    socket.destroy();
    await expect.poll(async () => (await ask('GET', url, { at })).headers.get('range')).toBe('0-4');
    const digest = digestOf(BYTES);
    const done = await ask('PUT', `${url}?digest=${digest}`, {
      body: BYTES.slice(5),
      headers: { 'content-range': `5-${BYTES.length - 1}` },
      at,
    });
    expect(done.status).toBe(201);
  });

  it('is not needed for a blob of another repository: it is mounted', async () => {
    const digest = await pushBlob('a', BYTES);
    const mount = (name: string, query: string) =>
      ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}${query}`);
    expect((await ask('HEAD', `/v2/b/blobs/${digest}`)).status).toBe(404);
    const mounted = await mount('b', '&from=a');
    expect([mounted.status, mounted.headers.get('location')]).toEqual([
      201,
      `/v2/b/blobs/${digest}`,
    ]);
    expect((await mount('c', '')).status).toBe(201);
    expect((await mount('d', '&from=nobody')).status).toBe(202);
    expect(await codeOf(await mount('d', '&from=NOBODY'))).toBe('400 NAME_INVALID');
  });
});

describe('content', () => {
  it('is sent whole, as a range, or with 304 to a client that has it', async () => {
    const bytes = 'abcdefghijklmnopqrstuvwxyz';
    const digest = await pushBlob('a', bytes);
    const path = `/v2/a/blobs/${digest}`;
    const head = await ask('HEAD', path);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '26']);
    const etag = head.headers.get('etag') ?? '';
    expect((await get(path, { 'if-none-match': `"x", ${etag}` })).status).toBe(304);
    const part = async (range: string, more = {}) => {
      const answer = await get(path, { range, ...more });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/26', 'cde']);
    expect(await part('bytes=-2')).toEqual([206, 'bytes 24-25/26', 'yz']);
    expect(await part('bytes=26-')).toEqual([416, 'bytes */26', '']);
    expect(await part('bytes=0-0,2-2')).toEqual([200, null, bytes]);
    expect(await part('bytes=0-0', { 'if-range': '"x"' })).toEqual([200, null, bytes]);
    expect(await part('bytes=0-0', { 'if-range': etag })).toEqual([206, 'bytes 0-0/26', 'a']);
  });

  it('that does not exist is answered with the error codes of the specification', async () => {
    const digest = digestOf('nothing');
    expect(await codeOf(await get(`/v2/a/blobs/${digest}`))).toBe('404 BLOB_UNKNOWN');
    expect(await codeOf(await ask('DELETE', `/v2/a/blobs/${digest}`))).toBe('404 BLOB_UNKNOWN');
    expect(await codeOf(await get('/v2/a/manifests/x'))).toBe('404 NAME_UNKNOWN');
    expect(await codeOf(await get('/v2/a/tags/list'))).toBe('404 NAME_UNKNOWN');
    await pushImage('a', 'x');
    expect(await codeOf(await get('/v2/a/manifests/y'))).toBe('404 MANIFEST_UNKNOWN');
    expect((await ask('HEAD', '/v2/a/manifests/y')).status).toBe(404);
  });
});

describe('a manifest', () => {
  it('is stored unchanged under its digest and its tags', async () => {
    const { digest, manifest, answer } = await pushImage('a', 'one');
    expect(answer.headers.get('location')).toBe(`/v2/a/manifests/${digest}`);
    for (const reference of ['one', digest]) {
      const found = await get(`/v2/a/manifests/${reference}`);
      expect([found.headers.get('content-type'), await found.text()]).toEqual([MANIFEST, manifest]);
      expect(found.headers.get('docker-content-digest')).toBe(digest);
    }
    const tagged = await ask('PUT', `/v2/a/manifests/${digest}?tag=two&tag=three`, {
      headers: { 'content-type': MANIFEST },
      body: manifest,
    });
    expect([tagged.status, tagged.headers.get('oci-tag')]).toEqual([201, 'two, three']);
    expect(await (await get('/v2/a/tags/list')).json()).toEqual({
      name: 'a',
      tags: ['one', 'three', 'two'],
    });
  });

  it('may be an index inside another index', async () => {
    const { manifest } = await pushImage('a');
    const put = async (document: object) => {
      const body = JSON.stringify(document);
      const headers = { 'content-type': INDEX };
      const answer = await ask('PUT', `/v2/a/manifests/${digestOf(body)}`, { headers, body });
      return { body, answer };
    };
    const inner = await put({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [described(MANIFEST, manifest)],
    });
    const outer = await put({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [described(INDEX, inner.body)],
    });
    expect([inner.answer.status, outer.answer.status]).toEqual([201, 201]);
    const missing = await put({ schemaVersion: 2, manifests: [described(MANIFEST, 'none')] });
    expect(await codeOf(missing.answer)).toBe('404 MANIFEST_BLOB_UNKNOWN');
  });

  const config = described('application/vnd.oci.empty.v1+json', EMPTY);
  it.each([
    ['invalid JSON', 'x', MANIFEST, '400 MANIFEST_INVALID'],
    ['a list', '[]', MANIFEST, '400 MANIFEST_INVALID'],
    ['schema 1', '{"schemaVersion":1}', MANIFEST, '400 MANIFEST_INVALID'],
    ['no schema', '{"layers":[]}', MANIFEST, '400 MANIFEST_INVALID'],
    ['no config', '{"schemaVersion":2,"layers":[]}', MANIFEST, '400 MANIFEST_INVALID'],
    [
      'a media type other than Content-Type',
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, config, layers: [] }),
      MANIFEST,
      '400 MANIFEST_INVALID',
    ],
    ['a media type of no manifest', '{"schemaVersion":2}', 'text/plain', '400 MANIFEST_INVALID'],
    [
      'deeply nested JSON',
      `{"schemaVersion":2,"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      MANIFEST,
      '400 MANIFEST_INVALID',
    ],
    ['too many bytes', ' '.repeat(5 * 1024 * 1024), MANIFEST, '413 TOO_LARGE'],
    [
      'a blob that does not exist',
      JSON.stringify({ schemaVersion: 2, config, layers: [described('text/plain', 'none')] }),
      MANIFEST,
      '404 MANIFEST_BLOB_UNKNOWN',
    ],
  ])('with %s is refused', async (_, body, type, expected) => {
    await pushBlob('a', EMPTY);
    const headers = { 'content-type': type };
    expect(await codeOf(await ask('PUT', '/v2/a/manifests/x', { headers, body }))).toBe(expected);
    expect((await get('/v2/a/manifests/x')).status).toBe(404);
  });

  it('under a wrong digest is refused; layers with urls need not exist', async () => {
    const headers = { 'content-type': MANIFEST };
    const path = `/v2/a/manifests/${digestOf('other')}`;
    await pushBlob('a', EMPTY);
    const layer = { ...described('text/plain', 'far'), urls: ['https://far.example.com/'] };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
    expect(await codeOf(await ask('PUT', path, { headers, body }))).toBe('400 DIGEST_INVALID');
    expect((await ask('PUT', '/v2/a/manifests/x', { headers, body })).status).toBe(201);
  });

  it('is deleted with its tags; deleting a tag keeps its manifest', async () => {
    const { digest } = await pushImage('a', 'one');
    await pushImage('a', 'two');
    expect((await ask('DELETE', '/v2/a/manifests/one')).status).toBe(202);
    expect((await get('/v2/a/manifests/one')).status).toBe(404);
    expect((await get(`/v2/a/manifests/${digest}`)).status).toBe(200);
    expect((await ask('DELETE', `/v2/a/manifests/${digest}`)).status).toBe(202);
    for (const reference of ['two', digest])
      expect((await get(`/v2/a/manifests/${reference}`)).status).toBe(404);
    const again = await ask('DELETE', `/v2/a/manifests/${digest}`);
    expect(await codeOf(again)).toMatch(/^404 /);
  });
});

it('lists tags and repositories in pages', async () => {
  const { digest, manifest } = await pushImage('team/app', 'c');
  await pushImage('alone', 'x');
  await ask('PUT', `/v2/team/app/manifests/${digest}?tag=a&tag=b&tag=Z`, {
    headers: { 'content-type': MANIFEST },
    body: manifest,
  });
  const pages = async (path: string, key: string) => {
    const found: string[][] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const answer: Response = await get(next);
      found.push(((await answer.json()) as Record<string, string[]>)[key] ?? []);
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    return found;
  };
  expect(await pages('/v2/team/app/tags/list', 'tags')).toEqual([['Z', 'a', 'b', 'c']]);
  expect(await pages('/v2/team/app/tags/list?n=3', 'tags')).toEqual([['Z', 'a', 'b'], ['c']]);
  expect(await pages('/v2/team/app/tags/list?n=4', 'tags')).toEqual([['Z', 'a', 'b', 'c']]);
  expect(await pages('/v2/team/app/tags/list?n=9&last=a', 'tags')).toEqual([['b', 'c']]);
  expect(await pages('/v2/team/app/tags/list?n=0', 'tags')).toEqual([[]]);
  expect(await pages('/v2/_catalog?n=1', 'repositories')).toEqual([['alone'], ['team/app']]);
  for (const n of ['-1', 'x', '1e3', ''])
    expect(await codeOf(await get(`/v2/_catalog?n=${n}`))).toBe('400 PAGINATION_NUMBER_INVALID');
});

it('lists the referrers of a manifest, of one type or all, even if the manifest does not exist', async () => {
  const subject = described(MANIFEST, 'not there yet');
  const list = async (query = '') => {
    const answer = await get(`/v2/a/referrers/${subject.digest}${query}`);
    const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
    return { manifests, headers: answer.headers, status: answer.status };
  };
  expect(await list()).toMatchObject({ status: 200, manifests: [] });
  const annotations = { a: 'b' };
  const one = await pushImage('a', undefined, { subject, artifactType: 'text/one', annotations });
  const two = await pushImage('a', undefined, { subject });
  expect(one.answer.headers.get('oci-subject')).toBe(subject.digest);
  const both = await list();
  expect(both.headers.get('content-type')).toBe(INDEX);
  expect(new Set(both.manifests.map(({ digest }) => digest))).toEqual(
    new Set([one.digest, two.digest]),
  );
  const filtered = await list('?artifactType=text/one');
  expect(filtered.manifests).toEqual([
    expect.objectContaining({ digest: one.digest, artifactType: 'text/one', annotations }),
  ]);
  expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
  // Without artifactType, the media type of the config is the artifact type.
  const plain = await list('?artifactType=application/vnd.oci.empty.v1%2Bjson');
  expect(plain.manifests.map(({ digest }) => digest)).toEqual([two.digest]);
  await ask('DELETE', `/v2/a/manifests/${one.digest}`);
  expect((await list()).manifests.map(({ digest }) => digest)).toEqual([two.digest]);
});

it('refuses writes when it is read-only', async () => {
  const { digest } = await pushImage('a', 'x');
  const at = await serve(root, { readOnly: true });
  for (const [method, path] of [
    ['POST', '/v2/a/blobs/uploads/'],
    ['PUT', '/v2/a/manifests/x'],
    ['DELETE', '/v2/a/manifests/x'],
    ['DELETE', `/v2/a/blobs/${digest}`],
  ] as const)
    expect(await codeOf(await ask(method, path, { at }))).toBe('405 UNSUPPORTED');
  expect((await ask('GET', '/v2/a/manifests/x', { at })).status).toBe(200);
});

it('answers requests for absolute URLs, and refuses paths with ..', async () => {
  const raw = async (target: string) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    return (await text(socket)).split(' ', 2)[1];
  };
  expect(await raw('http://elsewhere.example.com/v2/')).toBe('200');
  expect(await raw('/v2/../../etc/passwd')).toBe('404');
  expect(await raw('/v2/../../etc/manifests/passwd')).toBe('400');
  expect(await raw('*')).toBe('404');
});

describe('a web page', () => {
  it('shows repositories, tags, layers and referrers', async () => {
    const { digest } = await pushImage('team/app', '1', { annotations: { a: '<script>' } });
    const subject = { mediaType: MANIFEST, digest, size: 1 };
    await pushImage('team/app', undefined, { subject, artifactType: 'text/<b>' });
    const host = new URL(base).host;
    const front = await get('/');
    expect(front.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await front.text()).toContain('<a href="/-/team/app">team/app</a>');
    const tags = await (await get('/-/team/app')).text();
    expect(tags).toContain(`<code data-copy>stowage copy ${host}/team/app:1 artifact.tar</code>`);
    expect(tags).toContain(`href="/-/team/app@${digest}"`);
    const image = await (await get(`/-/team/app@${digest}`)).text();
    expect(image).toContain('text/&lt;b&gt;');
    expect(image).not.toContain('<b>');
    for (const path of ['/-/none', '/-/../x', `/-/team/app@${digestOf('x')}`, '/-/'])
      expect((await get(path)).status).toBe(404);
    expect((await ask('POST', '/')).status).toBe(405);
  });

  it('links to the next hundred tags', async () => {
    const { digest, manifest } = await pushImage('a', 't000');
    const tags = Array.from({ length: 150 }, (_, at) => `tag=t${String(at).padStart(3, '0')}`);
    await ask('PUT', `/v2/a/manifests/${digest}?${tags.join('&')}`, {
      headers: { 'content-type': MANIFEST },
      body: manifest,
    });
    const first = await (await get('/-/a')).text();
    const next = /rel="next"\s+href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await (await get(next)).text();
    const shown = [first, second].map((page) => new Set(page.match(/\bt[01][0-9]{2}\b/g)));
    expect(shown.map(({ size }) => size)).toEqual([100, 50]);
    expect(new Set(shown.flatMap((tags) => [...tags])).size).toBe(150);
  });
});

it('limits concurrent uploads, and answers others with Retry-After', async () => {
  const at = await serve(await temporaryFolder(), { uploads: 1 });
  const begin = async () =>
    (await ask('POST', '/v2/a/blobs/uploads/', { at })).headers.get('location');
  const [one, other] = [(await begin()) ?? '', (await begin()) ?? ''];
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const slow = fetch(new URL(one, at), {
    method: 'PATCH',
    body: readable,
    duplex: 'half',
  });
  await writer.write(Buffer.from('a'));
  await expect
    .poll(async () => {
      const answer = await ask('PATCH', other, { body: 'b', at });
      return [answer.headers.get('retry-after'), await codeOf(answer)];
    })
    .toEqual(['1', '429 TOOMANYREQUESTS']);
  await writer.close();
  expect((await slow).headers.get('range')).toBe('0-0');
  expect((await ask('PATCH', other, { body: 'b', at })).status).toBe(202);
});
