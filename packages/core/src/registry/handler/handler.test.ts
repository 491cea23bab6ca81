import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';
import { Access } from '../access/access.js';
import { Metrics } from '../metrics.js';
import type { AnsweredRequest } from './answered-request.js';

const codeOf = async (response: Response) =>
  ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code;

describe('a registry', () => {
  it('answers its health to everybody, and its version', async () => {
    const access = new Access({ htpasswd: async () => '' });
    const { ask } = await serveStore({ access, checkHost: () => expect.unreachable() });
    const health = await ask('GET', '/healthz');
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    expect(await (await ask('HEAD', '/healthz')).text()).toBe('');
    const open = await serveStore();
    const { status, headers } = await open.ask('GET', '/v2/');
    expect([status, headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0']);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['GET', '/none', 404],
    ['GET', '/v2/A/manifests/1', 400],
    ['GET', '/metrics', 404],
    ['POST', '/', 405],
    ['PUT', '/healthz', 404],
    ['POST', '/v2/', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { ask } = await serveStore();
    expect((await ask(method, path)).status).toBe(status);
  });

  it('without storage is read-only', async () => {
    const { pushBlob, ask } = await serveStore({ storage: undefined });
    const response = await pushBlob('app', 'x');
    expect([response.status, await codeOf(response)]).toEqual([405, 'UNSUPPORTED']);
    expect((await ask('GET', '/v2/_catalog')).status).toBe(200);
  });

  it('asks for a login where access is limited', async () => {
    const access = new Access({ htpasswd: async () => '' });
    const { ask } = await serveStore({ access });
    for (const path of ['/v2/', '/', '/v2/app/tags/list'])
      expect((await ask('GET', path)).headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('answers metrics to those who may read all', async () => {
    const metrics = await Metrics.open();
    const open = await serveStore({ metrics });
    await open.ask('GET', '/v2/');
    expect(await (await open.ask('GET', '/metrics')).text()).toContain('route="version"');
    const access = new Access({ htpasswd: async () => '' });
    const limited = await serveStore({ metrics, access });
    expect((await limited.ask('GET', '/metrics')).status).toBe(401);
  });

  it('reports each request, and the error behind a failure of its own alone', async () => {
    const reports: AnsweredRequest[] = [];
    const registry = await serveStore({ onAnswered: (each) => reports.push(each), now: () => 7 });
    await registry.ask('GET', '/v2/app/manifests/1?x=y');
    Object.assign(registry.storage, { manifest: () => Promise.reject(new TypeError('mine')) });
    const failed = await registry.ask('GET', '/v2/app/manifests/1');
    expect([failed.status, await failed.text()]).toEqual([
      500,
      expect.not.stringContaining('mine'),
    ]);
    expect(reports).toMatchObject([
      { method: 'GET', path: '/v2/app/manifests/1', route: 'manifest', status: 404, time: 7 },
      { status: 500, error: { message: 'mine' } },
    ]);
    expect(reports[0]).not.toHaveProperty('error');
  });

  it('takes no more uploads at once than its limit', async () => {
    const { ask } = await serveStore({ uploads: 0 });
    const response = await ask('POST', '/v2/app/blobs/uploads/');
    expect([response.status, await codeOf(response)]).toEqual([429, 'TOOMANYREQUESTS']);
    expect((await ask('GET', `/v2/app/blobs/${sha256('x')}`)).status).toBe(404);
  });

  it('shows pages that nothing can be put into', async () => {
    const { ask } = await serveStore();
    const front = await ask('GET', '/');
    expect(front.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await ask('GET', '/-/none')).status).toBe(404);
  });
});
