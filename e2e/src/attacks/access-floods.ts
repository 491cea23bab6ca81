import { writeFile } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { expect, it, onTestFinished } from 'vitest';
import { clientOfRegistry, described, sha256 } from '../../../packages/core/testing/pushing.js';
import { temporaryFolder } from '../run.js';
import { pushSmall, readSmall, startServe } from '../served.js';
import { ask, basic } from './raw.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
/** A long timeout, for busy machines. */
const LONG_TIMEOUT = { timeout: 30_000 };

export function floodAttacks(): void {
  it('gets a short error for deeply nested JSON and for unknown layers', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const { pushBlob, putManifest, ask: get } = clientOfRegistry(url);
    const deep = `{"schemaVersion":2,"a":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    const headers = { 'content-type': MANIFEST };
    const answer = await get('PUT', '/v2/a/manifests/x', { headers, body: deep });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('MANIFEST_INVALID') as string,
    ]);
    await pushBlob('a', '{}');
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: described('application/vnd.oci.empty.v1+json', '{}'),
      layers: Array.from({ length: 20_000 }, (_, at) => described('text/plain', `${at}`)),
    };
    const many = await putManifest('a', 'x', manifest);
    const text = await many.text();
    expect([many.status, text]).toEqual([404, expect.stringContaining('and 19990 more') as string]);
    expect(text.length).toBeLessThan(2000);
  });

  it('cannot block other clients with unfinished uploads', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const { ask: from } = clientOfRegistry(url);
    const open: ClientRequest[] = [];
    onTestFinished(() => open.forEach((each) => void each.destroy()));
    const refused = new Set<number>();
    for (let at = 0; at < 300; at++) {
      const path = `/v2/a/blobs/uploads/?digest=${sha256('x')}`;
      const headers = { 'content-length': '1000' };
      const sent = request(`${url}${path}`, { method: 'POST', headers, agent: false });
      sent.on('error', () => undefined);
      sent.on('response', (answer) => {
        refused.add(answer.statusCode ?? 0);
        answer.resume();
      });
      sent.write('x');
      open.push(sent);
    }
    // Uploads above the limit of one address are refused; another address can push.
    await expect.poll(() => [...refused], LONG_TIMEOUT).toEqual([429]);
    const start = { method: 'POST', from: '127.0.0.2' };
    expect((await ask(`${url}/v2/b/blobs/uploads/`, start)).status).toBe(202);
    expect((await from('GET', '/v2/')).status).toBe(200);
    for (const each of open) each.destroy();
    await expect
      .poll(
        async () => (await ask(`${url}/v2/b/blobs/uploads/`, { method: 'POST' })).status,
        LONG_TIMEOUT,
      )
      .toBe(202);
  });

  it('gets a long list of referrers in pages', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const { pushBlob, putManifest, ask: get } = clientOfRegistry(url);
    await pushBlob('a', '{}');
    const subject = described(MANIFEST, 'subject');
    for (let at = 0; at < 20; at++) {
      const manifest = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        ...{ config: described('application/vnd.oci.empty.v1+json', '{}'), layers: [], subject },
        annotations: { note: `${at} `.repeat(100_000) },
      };
      const digest = sha256(JSON.stringify(manifest));
      expect((await putManifest('a', digest, manifest)).status).toBe(201);
    }
    let count = 0;
    let next: string | undefined = `/v2/a/referrers/${subject.digest}`;
    while (next !== undefined) {
      const answer: Response = await get('GET', next);
      const text = await answer.text();
      expect(text.length).toBeLessThan(1_200_000);
      count += (JSON.parse(text) as { manifests: unknown[] }).manifests.length;
      next = /^<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(count).toBe(20);
  });

  it('is logged with user and request, and cannot forge log lines', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'users');
    await writeFile(file, `ada:${await hash('secret', 4)}\n`);
    const args = ['--root', join(folder, 'root'), '--htpasswd', file];
    const { url, said } = await startServe([...args, '--log', 'json'], { logs: true });
    await ask(`${url}/v2/`, { headers: basic('ada', 'secret') });
    await ask(`${url}/v2/`, { headers: basic('a\n{"forged":1}', 'x') });
    await ask(`${url}/v2/x%0a/tags/list?secret=1`, { headers: basic('ada', 'secret') });
    const lines = () =>
      said()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
    await expect.poll(() => lines().length, LONG_TIMEOUT).toBe(3);
    const [right, wrong, odd] = lines();
    expect(right).toMatchObject({
      ...{ user: 'ada', address: '127.0.0.1', method: 'GET', path: '/v2/', status: 200 },
      ...{
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        bytes: expect.any(Number) as number,
      },
      ...{
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        milliseconds: expect.any(Number) as number,
      },
    });
    expect(wrong).toMatchObject({ user: null, status: 401 });
    expect(odd).toMatchObject({ path: '/v2/x%0a/tags/list' });
    const text = await startServe(args, { logs: true });
    await ask(`${text.url}/v2/`, { headers: basic('ada', 'secret') });
    await expect
      .poll(text.said, LONG_TIMEOUT)
      .toMatch(/^\S+Z ada 127\.0\.0\.1 [0-9a-f-]{36} - GET \/v2\/ 200 \d+B [\d.]+ms\n$/);
    const none = await startServe([...args, '--log', 'none'], { logs: true });
    await ask(`${none.url}/v2/`, { headers: basic('ada', 'secret') });
    expect(none.said()).toBe('');
  });

  it('does not stop the registry by closing the pipes of its output', async () => {
    const { url, hangUp } = await startServe(['--root', await temporaryFolder()], { logs: true });
    hangUp();
    for (let at = 0; at < 5; at++) await pushSmall(url, 'a', `${at}`);
    await readSmall(url, 'a', '4');
  });

  it('makes the registry warn when passwords would be sent unencrypted', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'users');
    await writeFile(file, `ada:${await hash('secret', 4)}\n`);
    const args = ['--root', join(folder, 'root'), '--htpasswd', file];
    const { said } = await startServe([...args, '--listen', '0.0.0.0:0'], { logs: true });
    await expect.poll(said, LONG_TIMEOUT).toContain('unencrypted');
    const local = await startServe(args, { logs: true });
    expect(local.said()).toBe('');
  });
}
