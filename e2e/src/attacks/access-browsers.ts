import { expect, it } from 'vitest';
import { stowage, temporaryFolder } from '../run.js';
import { pushSmall, readSmall, startServe } from '../served.js';
import { ask } from './raw.js';

export function browserAttacks(): void {
  it('cannot read or delete with another host name (DNS rebinding)', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const digest = await pushSmall(url, 'a', '1');
    const evil = { headers: { host: 'evil.example.org:5000' } };
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/v2/_catalog'],
      ['GET', '/v2/a/manifests/1'],
      ['DELETE', `/v2/a/manifests/${digest}`],
      ['GET', '/metrics'],
    ] as const) {
      const answer = await ask(`${url}${path}`, { ...evil, method });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        421,
        { errors: [expect.objectContaining({ code: 'DENIED' })] },
      ]);
    }
    expect(await readSmall(url, 'a', '1')).toBe(digest);
    for (const host of ['localhost:5000', '127.0.0.1', '[::1]:5000', '192.0.2.7:5000'])
      expect((await ask(`${url}/v2/`, { headers: { host } })).status).toBe(200);
  });

  it('reaches a listener without a login by addresses and by allowed host names', async () => {
    const { url } = await startServe([
      ...['--root', await temporaryFolder(), '--listen', '0.0.0.0:0', '--anonymous', 'write'],
      ...['--allowed-host', 'registry.lan', '--allowed-host', '*.internal'],
    ]);
    const at = url.replace('0.0.0.0', '127.0.0.1');
    for (const [host, status] of [
      ['registry.lan:5000', 200],
      ['host.docker.internal:5000', 200],
      ['10.0.2.2:5000', 200],
      ['evil.example.org', 421],
    ] as const)
      expect((await ask(`${at}/v2/`, { headers: { host } })).status).toBe(status);
    const wrong = await stowage(['serve', '--allowed-host', 'http://registry.lan']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('allowed host') as string,
    ]);
  });

  it('cannot write from a page of another site', async () => {
    const { url, host } = await startServe(['--root', await temporaryFolder()]);
    const post = async (headers: Readonly<Record<string, string>>) =>
      (await ask(`${url}/v2/a/blobs/uploads/`, { method: 'POST', headers })).status;
    expect(await post({ origin: 'https://evil.example.org', 'content-type': 'text/plain' })).toBe(
      403,
    );
    expect(await post({ origin: 'null' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await post({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(202);
    expect(await post({})).toBe(202);
  });

  it('does not render content as a page, nor a page in a frame', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const digest = await pushSmall(url, 'a', '1');
    for (const path of [
      '/',
      '/-/a',
      '/v2/',
      `/v2/a/manifests/${digest}`,
      `/v2/a/blobs/${digest}`,
    ]) {
      const { headers } = await ask(`${url}${path}`);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });
}
