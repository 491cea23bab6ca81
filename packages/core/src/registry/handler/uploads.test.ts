import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';

async function served() {
  const registry = await serveStore();
  const send = async (method: string, path: string, options: RequestInit = {}) => {
    const response = await registry.ask(method, path, options);
    const text = await response.text();
    const { errors = [] } = (text === '' ? {} : JSON.parse(text)) as {
      errors?: { code: string }[];
    };
    const { status, headers } = response;
    return { status, code: errors[0]?.code, headers, range: headers.get('range') };
  };
  const start = async () =>
    (await send('POST', '/v2/app/blobs/uploads/')).headers.get('location') ?? '';
  const exists = async (body: string, name = 'app') =>
    (await send('HEAD', `/v2/${name}/blobs/${sha256(body)}`)).status === 200;
  return { ...registry, send, start, exists };
}

describe('an upload', () => {
  it('is made in chunks, and tells how much has arrived', async () => {
    const { send, start, exists } = await served();
    const path = await start();
    expect((await send('GET', path)).range).toBe('0-0');
    const first = { body: 'abc', headers: { 'content-range': '0-2' } };
    expect(await send('PATCH', path, first)).toMatchObject({ status: 202, range: '0-2' });
    expect(await send('PATCH', path, { body: 'de' })).toMatchObject({ range: '0-4' });
    expect(await send('GET', path)).toMatchObject({ status: 204, range: '0-4' });
    const last = await send('PUT', `${path}?digest=${sha256('abcdef')}`, { body: 'f' });
    expect([last.status, last.headers.get('docker-content-digest')]).toEqual([
      201,
      sha256('abcdef'),
    ]);
    expect(await exists('abcdef')).toBe(true);
    expect((await send('GET', path)).code).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('of a chunk at another place is refused with the place where it goes on', async () => {
    const { send, start } = await served();
    const path = await start();
    await send('PATCH', path, { body: 'abc' });
    const wrong = { body: 'x', headers: { 'content-range': '7-7' } };
    expect(await send('PATCH', path, wrong)).toMatchObject({
      status: 416,
      code: 'BLOB_UPLOAD_INVALID',
      range: '0-2',
    });
  });

  it.each([
    ['a range that is none', { 'content-range': 'x' }, 'BLOB_UPLOAD_INVALID'],
    ['a range of another size', { 'content-range': '0-9' }, 'SIZE_INVALID'],
  ])('with %s is refused', async (_what, headers, code) => {
    const { send, start } = await served();
    const answered = await send('PATCH', await start(), {
      body: 'abc',
      headers: headers as unknown as Record<string, string>,
    });
    expect(answered.code).toBe(code);
  });

  it('with another digest is deleted', async () => {
    const { send, start, exists } = await served();
    const path = await start();
    const put = await send('PUT', `${path}?digest=${sha256('other')}`, { body: 'abc' });
    expect(put.code).toBe('DIGEST_INVALID');
    expect((await send('GET', path)).status).toBe(404);
    expect(await exists('abc')).toBe(false);
  });

  it('is finished with a digest only', async () => {
    const { send, start } = await served();
    expect((await send('PUT', await start())).code).toBe('DIGEST_INVALID');
    expect((await send('PUT', `${await start()}?digest=x`)).code).toBe('DIGEST_INVALID');
  });

  it('may be of nothing', async () => {
    const { send, start, exists } = await served();
    expect((await send('PUT', `${await start()}?digest=${sha256('')}`)).status).toBe(201);
    expect(await exists('')).toBe(true);
  });

  it('is cancelled', async () => {
    const { send, start } = await served();
    const path = await start();
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('DELETE', path)).code).toBe('BLOB_UPLOAD_UNKNOWN');
    expect((await send('PATCH', path, { body: 'x' })).code).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('in one request leaves nothing when it fails', async () => {
    const { send, root } = await served();
    const path = `/v2/app/blobs/uploads/?digest=${sha256('other')}`;
    expect((await send('POST', path, { body: 'abc' })).code).toBe('DIGEST_INVALID');
    const { readdir } = await import('node:fs/promises');
    const files = await readdir(root, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile()).map(({ name }) => name)).toEqual([]);
  });
});

describe('a mount', () => {
  it('adds a blob of another repository, or starts an upload', async () => {
    const { send, pushBlob, exists } = await served();
    await pushBlob('from', 'x');
    const mount = `/v2/app/blobs/uploads/?mount=${sha256('x')}`;
    expect((await send('POST', `${mount}&from=none`)).status).toBe(202);
    expect(await exists('x')).toBe(false);
    expect((await send('POST', `${mount}&from=from`)).status).toBe(201);
    expect(await exists('x')).toBe(true);
    expect((await send('POST', `/v2/more/blobs/uploads/?mount=${sha256('x')}`)).status).toBe(201);
  });

  it.each([
    ['another digest', 'mount=x', 'DIGEST_INVALID'],
    ['a name that is none', `mount=${sha256('x')}&from=../x`, 'NAME_INVALID'],
  ])('with %s is refused', async (_what, query, code) => {
    const { send } = await served();
    expect((await send('POST', `/v2/app/blobs/uploads/?${query}`)).code).toBe(code);
  });
});
