import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';

const BODY = 'x'.repeat(1000) + 'y'.repeat(200_000);
const DIGEST = sha256(BODY);

async function served(body = BODY) {
  const registry = await serveStore();
  await registry.pushBlob('app', body);
  const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    registry.ask(method, `/v2/app/blobs/${sha256(body)}`, { headers });
  return { ...registry, get };
}

describe('content', () => {
  it('is sent with its digest, size and type; HEAD has the same headers', async () => {
    const { get } = await served();
    const [whole, head] = [await get(), await get({}, 'HEAD')];
    expect(await whole.text()).toBe(BODY);
    expect(await head.text()).toBe('');
    for (const { status, headers } of [whole, head]) {
      expect(status).toBe(200);
      expect(headers.get('docker-content-digest')).toBe(DIGEST);
      expect(headers.get('content-length')).toBe(`${BODY.length}`);
      expect(headers.get('accept-ranges')).toBe('bytes');
    }
  });

  it.each([
    ['bytes=0-0', 'x', `bytes 0-0/${BODY.length}`],
    ['bytes=998-1001', 'xxyy', `bytes 998-1001/${BODY.length}`],
    [
      `bytes=${BODY.length - 2}-`,
      'yy',
      `bytes ${BODY.length - 2}-${BODY.length - 1}/${BODY.length}`,
    ],
    ['bytes=-3', 'yyy', `bytes ${BODY.length - 3}-${BODY.length - 1}/${BODY.length}`],
  ])('is sent in part: %s', async (range, expected, contentRange) => {
    const { get } = await served();
    const response = await get({ range });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual(
      [206, expected, contentRange],
    );
  });

  it('has no bytes after its end', async () => {
    const { get } = await served('abc');
    const response = await get({ range: 'bytes=3-' });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */3']);
  });

  it.each([
    [{ 'if-none-match': `"${DIGEST}"` }, 304],
    [{ 'if-none-match': `"other", "${DIGEST}"` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ range: 'bytes=0-1', 'if-range': `"${DIGEST}"` }, 206],
    [{ range: 'bytes=0-1', 'if-range': '"other"' }, 200],
  ])('asked for with %j is answered with %i', async (headers, status) => {
    const { get } = await served();
    expect((await get(headers as unknown as Record<string, string>)).status).toBe(status);
  });

  it('may be empty', async () => {
    const { get } = await served('');
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
