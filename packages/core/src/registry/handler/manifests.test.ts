import { describe, expect, it } from 'vitest';
import { described, sha256 } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';
import { MediaType } from '../../oci/media-types.js';

const CONFIG = '{}';
const manifestOf = (more: object = {}) => ({
  schemaVersion: 2,
  mediaType: MediaType.manifest,
  config: described(MediaType.config, CONFIG),
  layers: [],
  ...more,
});

async function served() {
  const registry = await serveStore();
  await registry.pushBlob('app', CONFIG);
  const put = async (reference: string, body: string, headers: Record<string, string> = {}) => {
    // Bytes, because a text would be sent with a type of its own.
    const bytes = Buffer.from(body);
    const response = await registry.ask('PUT', `/v2/app/manifests/${reference}`, {
      body: bytes,
      headers,
    });
    const text = await response.text();
    const { errors = [] } = (text === '' ? {} : JSON.parse(text)) as {
      errors?: { code: string }[];
    };
    return { status: response.status, code: errors[0]?.code, headers: response.headers };
  };
  return { ...registry, put };
}

describe('a manifest', () => {
  it('is put by tag, or by digest with tags, and found by each', async () => {
    const { put, ask } = await served();
    const body = JSON.stringify(manifestOf());
    const digest = sha256(body);
    expect((await put('1', body)).headers.get('location')).toBe(`/v2/app/manifests/${digest}`);
    const { status, headers } = await put(`${digest}?tag=2&tag=3`, body);
    expect([status, headers.get('oci-tag')]).toEqual([201, '2, 3']);
    for (const reference of ['1', '2', '3', digest]) {
      const found = await ask('GET', `/v2/app/manifests/${reference}`);
      expect([found.headers.get('content-type'), await found.text()]).toEqual([
        MediaType.manifest,
        body,
      ]);
    }
  });

  it('with a subject says so', async () => {
    const { put } = await served();
    const subject = described(MediaType.manifest, 'any');
    const { headers } = await put('1', JSON.stringify(manifestOf({ subject })));
    expect(headers.get('oci-subject')).toBe(subject.digest);
  });

  it('may be put under a digest of sha512', async () => {
    const { put } = await served();
    const body = JSON.stringify(manifestOf());
    const { createHash } = await import('node:crypto');
    const digest = `sha512:${createHash('sha512').update(body).digest('hex')}`;
    const { status, headers } = await put(digest, body);
    expect([status, headers.get('docker-content-digest')]).toEqual([201, digest]);
  });

  it.each([
    ['another digest', sha256('x'), JSON.stringify(manifestOf()), {}, 'DIGEST_INVALID'],
    ['a tag that is none', `${sha256('x')}?tag=a+b`, '{}', {}, 'TAG_INVALID'],
    ['no JSON', '1', '{', {}, 'MANIFEST_INVALID'],
    ['no media type', '1', '{"schemaVersion":2}', {}, 'MANIFEST_INVALID'],
    [
      'schema 1',
      '1',
      '{"schemaVersion":1}',
      { 'content-type': MediaType.manifest },
      'MANIFEST_INVALID',
    ],
    [
      'another media type',
      '1',
      JSON.stringify(manifestOf()),
      { 'content-type': MediaType.index },
      'MANIFEST_INVALID',
    ],
    [
      'a layer that is missing',
      '1',
      JSON.stringify(manifestOf({ layers: [described(MediaType.layer, 'gone')] })),
      {},
      'MANIFEST_BLOB_UNKNOWN',
    ],
  ])('with %s is refused', async (_what, reference, body, headers, code) => {
    const { put } = await served();
    const answered = await put(reference, body, headers);
    expect(answered.code).toBe(code);
    expect(answered.status).toBeGreaterThanOrEqual(400);
  });

  it.each([
    ['foreign', { ...described(MediaType.foreignGzip, 'gone') }],
    ['with URLs', { ...described(MediaType.layer, 'gone'), urls: ['https://x.example'] }],
  ])('may lack layers that are elsewhere: %s', async (_what, layer) => {
    const { put } = await served();
    expect((await put('1', JSON.stringify(manifestOf({ layers: [layer] })))).status).toBe(201);
  });

  it('that is too large is refused, and the connection closed', async () => {
    const { put } = await served();
    const body = JSON.stringify(manifestOf({ annotations: { a: 'x'.repeat(5_000_000) } }));
    const { status, headers } = await put('1', body);
    expect([status, headers.get('connection')]).toEqual([413, 'close']);
  });

  it('is unknown, or its repository', async () => {
    const { ask, put } = await served();
    await put('1', JSON.stringify(manifestOf()));
    const code = async (method: string, path: string) =>
      ((await (await ask(method, path)).json()) as { errors: { code: string }[] }).errors[0]?.code;
    expect(await code('GET', '/v2/app/manifests/none')).toBe('MANIFEST_UNKNOWN');
    expect(await code('GET', '/v2/none/manifests/1')).toBe('NAME_UNKNOWN');
    expect(await code('DELETE', '/v2/app/manifests/none')).toBe('MANIFEST_UNKNOWN');
  });

  it('is deleted by tag, which leaves the manifest, or by digest with its tags', async () => {
    const { ask, put } = await served();
    const body = JSON.stringify(manifestOf());
    for (const tag of ['1', '2']) await put(tag, body);
    const status = async (method: string, reference: string) =>
      (await ask(method, `/v2/app/manifests/${reference}`)).status;
    expect([
      await status('DELETE', '1'),
      await status('HEAD', '1'),
      await status('HEAD', '2'),
    ]).toEqual([202, 404, 200]);
    expect([await status('DELETE', sha256(body)), await status('HEAD', '2')]).toEqual([202, 404]);
  });
});
