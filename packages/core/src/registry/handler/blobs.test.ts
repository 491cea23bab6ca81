import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';

describe('a blob', () => {
  it('is that of its repository alone', async () => {
    const { ask, pushBlob } = await serveStore();
    await pushBlob('app', 'x');
    expect((await ask('GET', `/v2/app/blobs/${sha256('x')}`)).status).toBe(200);
    const other = await ask('GET', `/v2/other/blobs/${sha256('x')}`);
    expect([other.status, await other.json()]).toMatchObject([
      404,
      { errors: [{ code: 'BLOB_UNKNOWN' }] },
    ]);
  });

  it('is deleted once', async () => {
    const { ask, pushBlob } = await serveStore();
    await pushBlob('app', 'x');
    const path = `/v2/app/blobs/${sha256('x')}`;
    const statuses = [];
    for (const method of ['DELETE', 'HEAD', 'DELETE'])
      statuses.push((await ask(method, path)).status);
    expect(statuses).toEqual([202, 404, 404]);
  });
});
