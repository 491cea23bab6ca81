import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { flood } from '../../../packages/core/testing/listening.js';
import { startServe } from '../served.js';
import { stowage, temporaryFolder } from '../run.js';
import { CONFIG_DIGEST, recording, registryWith } from '../hostile-registry.js';

export function clientBoundsAttacks(): void {
  it.each<[string, number, (path: string, host: string) => number | string]>([
    ['a manifest', 4, () => 200],
    ['an error', 5, () => 403],
    [
      'a token',
      4,
      (path, host) => (path === '/token' ? 200 : `Bearer realm="http://${host}/token"`),
    ],
  ])('that sends %s without end is disconnected', { timeout: 60_000 }, async (_, exit, how) => {
    const registry = await recording((response, { url = '', headers: { host = '' } }) => {
      const answer = how(url.split('?', 1)[0] ?? '', host);
      if (typeof answer === 'number') flood(response, answer);
      else response.writeHead(401, { 'www-authenticate': answer }).end();
    });
    const digest = `sha256:${'0'.repeat(64)}`;
    const { code, stderr } = await stowage(['inspect', `docker://${registry.host}/a@${digest}`]);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(registry.host)]);
    expect(registry.cut.length).toBeGreaterThan(0);
  });

  it('whose list of tags never ends is disconnected, and its mirror keeps serving', async () => {
    let at = 0;
    const registry = await recording((response) =>
      response.writeHead(200, { link: `</v2/a/tags/list?at=${at++}>; rel="next"` }).end('{}'),
    );
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root, '--upstream', `http://${registry.host}`]);
    expect((await fetch(`${url}/v2/a/tags/list`)).status).toBe(502);
    expect(registry.requests.length).toBeLessThanOrEqual(1_001);
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
  });

  it('whose tags are paths cannot make its mirror write files elsewhere', async () => {
    const registry = await recording(
      registryWith((response) => response.end('{"tags":["good","../../../../../outside/x"]}')),
    );
    const folder = await temporaryFolder();
    const root = join(folder, 'a/b/root');
    const { url } = await startServe(['--root', root, '--upstream', `http://${registry.host}`]);
    expect((await fetch(`${url}/v2/team/app/manifests/good`)).status).toBe(200);
    await (await fetch(`${url}/-/team/app`)).text();
    expect(await (await fetch(`${url}/v2/team/app/tags/list`)).text()).toContain('"tags":["good"]');
    expect(registry.requests.filter((each) => each.includes('outside'))).toEqual([]);
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
    expect(await readdir(join(folder, 'a/b'))).toEqual(['root']);
  });

  it('is disconnected by a mirror whose client has disconnected', async () => {
    const registry = await recording((response, { method }) => {
      response.writeHead(200, { 'content-length': 1e9 });
      if (method === 'HEAD') response.end();
      else response.write(Buffer.alloc(100_000));
    });
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root, '--upstream', `http://${registry.host}`]);
    const gone = new AbortController();
    const path = `/v2/a/blobs/${CONFIG_DIGEST}`;
    // The first bytes have arrived, so that there is something to keep.
    await (await fetch(`${url}${path}`, { signal: gone.signal })).body?.getReader().read();
    gone.abort();
    await vi.waitFor(() => expect(registry.cut).toEqual([path]), 10_000);
    await vi.waitFor(async () => {
      // The bytes that arrived are kept for the next request.
      expect(await readdir(join(root, 'repositories/a/_uploads'))).toHaveLength(1);
    }, 10_000);
  });
}
