import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { servedRegistry, type Before } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { push, type PushOptions } from './push.js';

/** A registry, and an archive of one small image for each name. */
async function start(names: readonly string[], { before }: { readonly before?: Before } = {}) {
  const served = await servedRegistry(before);
  const { workspace, call, cwd, events } = await workspaceOf({
    'stowage.yaml': `push: { to: "http://${served.host}/mirror" }\n`,
  });
  for (const name of names) {
    const store = await storeWith(`${name}:1`, { seed: name, layers: 1, bytes: 10 });
    await writeArchiveOf(join(cwd, `${name}.tar`), store);
  }
  const inputs = names.map((name) => `./${name}.tar`);
  const pushThem = (options: Partial<PushOptions> = {}, given = inputs) =>
    push(workspace, given, { ...call, ...options });
  return { ...served, workspace, call, events, inputs, push: pushThem };
}

const refusing =
  (name: string): Before =>
  ({ method, url = '' }, response) => {
    const isRefused = method === 'PUT' && url.includes(`/${name}/manifests/`);
    if (isRefused) response.writeHead(403).end();
    return isRefused;
  };

describe('a push', () => {
  it('puts each image below the registry of the settings, and skips it the next time', async () => {
    const { push, host, inputs, ask } = await start(['app', 'db']);
    const results = await push();
    expect(results).toMatchObject(
      inputs.map((input) => ({ input, action: 'pushed', blobs: { sent: 2 } })),
    );
    expect(results.map(({ reference }) => reference)).toEqual([
      `${host}/mirror/library/app:1`,
      `${host}/mirror/library/db:1`,
    ]);
    const app = await ask('HEAD', '/v2/mirror/library/app/manifests/1');
    expect(app.headers.get('docker-content-digest')).toBe(results[0]?.digest);
    expect(await push()).toMatchObject([{ action: 'skipped' }, { action: 'skipped' }]);
  });

  it('sends an image once that is given twice', async () => {
    const { push, requests } = await start(['app']);
    const [one, other] = await push({}, ['./app.tar', './app.tar']);
    expect([one?.action, other?.action]).toEqual(['pushed', 'skipped']);
    expect(other?.digest).toBe(one?.digest);
    expect(
      requests.filter((each) => each.endsWith('/manifests/1') && /^PUT/.test(each)),
    ).toHaveLength(1);
  });

  it('asks no registry in a dry run, and says how much it would send', async () => {
    const { push, requests } = await start(['app']);
    const [planned] = await push({ dryRun: true });
    expect(requests).toEqual([]);
    expect(planned).toMatchObject({ action: 'pushed', blobs: { sent: 0 } });
    const [done] = await push();
    expect(done?.digest).toBe(planned?.digest);
    expect(done?.bytesSent).toBeLessThanOrEqual(planned?.bytesSent ?? 0);
  });

  it('asks no registry before every input is open and named', async () => {
    const { push, requests, host } = await start(['app']);
    await expect(push({}, ['./app.tar', './absent.tar'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const twice = { to: host, tag: 'all:1' };
    await expect(push(twice, ['./app.tar', './app.tar'])).rejects.toMatchObject({ code: 'USAGE' });
    expect(requests).toEqual([]);
  });

  it('that fails names the images that were pushed before', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { push, host } = await start(names, { before: refusing('d') });
    await expect(push()).rejects.toMatchObject({
      code: 'DENIED',
      hint: expect.stringContaining(`Already pushed: ${host}/mirror/`) as string,
    });
  });

  it('goes on with the other images when the caller takes failures', async () => {
    const { push } = await start(['a', 'b'], { before: refusing('a') });
    const failures: string[] = [];
    const results = await push({ onFailure: ({ code }) => void failures.push(code) });
    expect(failures).toEqual(['DENIED']);
    expect(results.map(({ input, action }) => [input, action])).toEqual([['./b.tar', 'pushed']]);
  });
});

describe('the registry of a push', () => {
  it('is required', async () => {
    const { workspace, call } = await workspaceOf();
    await expect(push(workspace, ['./app.tar'], call)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'push: no registry is given',
    });
  });

  it('is not both https:// and plain HTTP', async () => {
    const { push } = await start(['app']);
    const options = { to: 'https://127.0.0.1:1', registry: { plainHttp: true } };
    await expect(push(options)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
