import { spawnSync } from 'node:child_process';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { PruneResult, PushResult } from '@stowage/core';
import { describe, expect, it } from 'vitest';
import { faultyProxy } from './faulty-proxy.js';
import { mountTmpfs } from './file-system.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';
import { archive, digestOf, pushSmall, readSmall, startServe } from './served.js';

describe('an acknowledged push to our registry', () => {
  it('is complete after kill -9, and an unfinished one is absent', async () => {
    const root = await temporaryFolder();
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      const { url, stop } = await startServe(['--root', root]);
      const push = async (at: number) => {
        const name = `team${at % 7}/app`;
        const tag = `r${round}-${at}`;
        acknowledged.set(`${name} ${tag}`, await pushSmall(url, name, tag));
      };
      const pushing = Array.from({ length: 200 }, (_, at) => push(at).catch(() => undefined));
      // In the middle of the pushes.
      while (acknowledged.size < 20 * (round + 1))
        await new Promise((resolve) => setTimeout(resolve, 5));
      await stop('SIGKILL');
      await Promise.all(pushing);
    }
    expect(acknowledged.size).toBeLessThan(600);
    const { url, stop } = await startServe(['--root', root]);
    for (const [image, digest] of acknowledged) {
      const [name = '', tag = ''] = image.split(' ');
      expect(await readSmall(url, name, tag)).toBe(digest);
    }
    const { repositories } = (await (await fetch(`${url}/v2/_catalog`)).json()) as {
      repositories: string[];
    };
    for (const name of repositories) {
      const answer = await fetch(`${url}/v2/${name}/tags/list`);
      const { tags } = (await answer.json()) as { tags: string[] };
      for (const tag of tags) await readSmall(url, name, tag);
    }
    await stop('SIGTERM');
  });

  it('may resume an upload after a restart', async () => {
    const root = await temporaryFolder();
    const first = await startServe(['--root', root]);
    const begun = await fetch(`${first.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const path = begun.headers.get('location') ?? '';
    await fetch(`${first.url}${path}`, { method: 'PATCH', body: 'some ' });
    await first.stop('SIGKILL');
    const { url } = await startServe(['--root', root]);
    const status = await fetch(`${url}${path}`);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-4']);
    const target = `${url}${path}?digest=${digestOf('some bytes')}`;
    expect((await fetch(target, { method: 'PUT', body: 'bytes' })).status).toBe(201);
  });

  it('is scrubbed: damaged blobs are reported and quarantined, and can be pushed again', async () => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root]);
    const digest = await pushSmall(url, 'a', '1');
    const folder = join(root, 'blobs/sha256');
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (name) => ({
        name,
        bytes: await readFile(join(folder, name)),
      })),
    );
    const [largest] = sizes.sort((one, other) => other.bytes.length - one.bytes.length);
    const { name, bytes } = largest ?? { name: '', bytes: Buffer.alloc(1) };
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(join(folder, name), bytes);
    expect(await json(['scrub', '--root', root])).toMatchObject({
      damaged: [{ digest: `sha256:${name}`, images: [`a@${digest}`] }],
    });
    await expect(readSmall(url, 'a', '1')).rejects.toThrow('404');
    await pushSmall(url, 'a', '1');
    expect(await readSmall(url, 'a', '1')).toBe(digest);
    expect(await json(['scrub', '--root', root])).toMatchObject({ damaged: [] });
    await fetch(`${url}/v2/a/manifests/${digest}`, { method: 'DELETE' });
    const plan = await json<{ blobs: string[] }>([
      'gc',
      '--root',
      root,
      '--grace',
      '0s',
      '--dry-run',
    ]);
    expect(plan.blobs).toHaveLength(3);
    expect(await json(['gc', '--root', root, '--grace', '0s'])).toMatchObject(plan);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('two of our registries on one folder', () => {
  it('share their content, and uploads continue in the other', async () => {
    const root = await temporaryFolder();
    const [one, other] = [await startServe(['--root', root]), await startServe(['--root', root])];
    const at = (index: number) => (index % 2 === 0 ? one.url : other.url);
    const pushed = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        // Half of the tags are pushed to both at the same time.
        const tag = `${index - (index % 4 === 1 ? 1 : 0)}`;
        return { tag, digest: await pushSmall(at(index), 'team/app', tag), index };
      }),
    );
    for (const { tag, digest, index } of pushed)
      expect(await readSmall(at(index + 1), 'team/app', tag)).toBe(digest);
    const begun = await fetch(`${one.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const path = begun.headers.get('location') ?? '';
    expect((await fetch(`${one.url}${path}`, { method: 'PATCH', body: 'some ' })).status).toBe(202);
    const target = `${other.url}${path}?digest=${digestOf('some bytes')}`;
    expect((await fetch(target, { method: 'PUT', body: 'bytes' })).status).toBe(201);
    expect((await fetch(`${one.url}${path}`)).status).toBe(404);
    const digest = pushed[0]?.digest ?? '';
    const gone = await fetch(`${one.url}/v2/team/app/manifests/${digest}`, { method: 'DELETE' });
    expect(gone.status).toBe(202);
    expect((await fetch(`${other.url}/v2/team/app/manifests/${digest}`)).status).toBe(404);
  });

  it('are pruned by the common rules while they run', async () => {
    const root = await temporaryFolder();
    const { url } = await startServe(['--root', root]);
    for (const tag of ['1', '2', '3']) await pushSmall(url, 'team/app', tag);
    const long = new Date(Date.now() - 7_200_000);
    for (const folder of ['blobs/sha256', 'repositories/team/app/_blobs'])
      for (const name of await readdir(join(root, folder)))
        await utimes(join(root, folder, name), long, long);
    const cwd = await temporaryFolder();
    const rules = ['--root', root, '--keep-newest', '1', '--unused-for', '1h'];
    const { decisions } = await json<PruneResult>(['prune', ...rules], { cwd });
    const what = decisions.map(({ kind, path, action }) => `${action} ${kind} ${path}`);
    expect(what.sort()).toEqual([
      'delete registry team/app:1',
      'delete registry team/app:2',
      'keep registry team/app:3',
    ]);
    expect(await (await fetch(`${url}/v2/team/app/tags/list`)).json()).toMatchObject({
      tags: ['3'],
    });
    await readSmall(url, 'team/app', '3');
    expect(await readdir(join(root, 'blobs/sha256'))).toHaveLength(3);
  });

  it('keep no more than --max-used', async () => {
    const { url } = await startServe(['--root', await temporaryFolder(), '--max-used', '100KB']);
    await pushSmall(url, 'a', '1');
    const body = Buffer.alloc(200_000, 'x');
    const path = `/v2/a/blobs/uploads/?digest=${digestOf(body)}`;
    const answer = await fetch(`${url}${path}`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([
      507,
      expect.stringContaining('NO_SPACE') as string,
    ]);
    await readSmall(url, 'a', '1');
  });
});

describeWith(
  ['mount'],
  'our registry on a full disk',
  () => {
    it('reports it, keeps its content, and accepts pushes when there is space again', async () => {
      const folder = join(await temporaryFolder(), 'disk');
      await mountTmpfs(folder, 'size=8m');
      const { url, stop } = await startServe(['--root', join(folder, 'root')]);
      const digest = await pushSmall(url, 'a', '1');
      const push = async (bytes: Buffer) => {
        const path = `/v2/a/blobs/uploads/?digest=${digestOf(bytes)}`;
        const answer = await fetch(`${url}${path}`, { method: 'POST', body: bytes });
        return { status: answer.status, text: await answer.text() };
      };
      const { status, text } = await push(Buffer.alloc(12_000_000, 'x'));
      expect([status, text]).toEqual([507, expect.stringContaining('NO_SPACE') as string]);
      expect(await readSmall(url, 'a', '1')).toBe(digest);
      expect(await push(Buffer.alloc(3_000_000, 'y'))).toMatchObject({ status: 201 });
      expect(await pushSmall(url, 'a', '2')).toMatch(/^sha256:/);
      await stop('SIGTERM');
      // A read-only registry needs no writable folder.
      await must('mount', ['-o', 'remount,ro', folder]);
      const reader = await startServe(['--root', join(folder, 'root'), '--read-only']);
      expect(await readSmall(reader.url, 'a', '1')).toBe(digest);
      await reader.stop('SIGTERM');
    });
  },
  { root: true },
);

describe('our registry as a mirror', () => {
  it('fetches missing content once, keeps it, and serves it when the upstream is down', async () => {
    const far = await startServe(['--root', await temporaryFolder()]);
    const digest = await pushSmall(far.url, 'ci/app', '1');
    const { host, requests } = await faultyProxy(far.host, () => false, {});
    const root = await temporaryFolder();
    const near = await startServe(['--root', root, '--upstream', `http://${host}/ci`]);
    const found = await Promise.all(
      Array.from({ length: 20 }, () => readSmall(near.url, 'app', '1')),
    );
    expect(new Set(found)).toEqual(new Set([digest]));
    const blobs = requests.filter((each) => each.startsWith('GET') && each.includes('/blobs/'));
    expect(blobs).toHaveLength(2);
    // Pushes stay in the mirror, and a name pushed here is not read from the upstream.
    const own = await pushSmall(near.url, 'app', '2');
    expect((await fetch(`${far.url}/v2/ci/app/manifests/2`)).status).toBe(404);
    expect(await pushSmall(far.url, 'ci/app', '2')).not.toBe(own);
    expect(await readSmall(near.url, 'app', '2')).toBe(own);
    const tags = await (await fetch(`${near.url}/v2/app/tags/list`)).json();
    expect(tags).toEqual({ name: 'app', tags: ['1', '2'] });
    await far.stop('SIGKILL');
    expect(await readSmall(near.url, 'app', '1')).toBe(digest);
    expect((await fetch(`${near.url}/v2/app/manifests/none`)).status).toBe(502);
  });
});

describe('our registry accepts', () => {
  const HASH = '$2b$04$j1OmC2Phjo8vZnDs5MV35ODQAQIqwLwY9Ns8ra9wLmCRIvo0EGKUK';
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  it('only loopback clients without access control', async () => {
    for (const args of [
      ['--listen', '0.0.0.0:0'],
      ['--listen', '[::]:0'],
      ['--listen', '127.0.0.1'],
      ['--allow', 'a:read:*'],
      ['--htpasswd', '/nonexistent'],
      ['--tls-cert', 'x'],
    ]) {
      const { code, stderr } = await stowage(['serve', ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('stowage: ') as string]);
    }
    const { url } = await startServe([
      '--root',
      await temporaryFolder(),
      '--listen',
      '0.0.0.0:0',
      '--anonymous',
      'read',
    ]);
    const { port } = new URL(url);
    expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
    const push = await fetch(`http://127.0.0.1:${port}/v2/a/blobs/uploads/`, { method: 'POST' });
    expect(push.status).toBe(401);
  });

  it('users with a password, for the repositories of their rules', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'users');
    await writeFile(file, `ada:${HASH}\nbob:${HASH}\n`);
    const rules = ['--allow', 'ada:write:team/*', '--allow', '*:read:*'];
    const { url } = await startServe(['--root', join(folder, 'r'), '--htpasswd', file, ...rules]);
    const root = await fetch(`${url}/v2/`);
    expect([root.status, root.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic realm=/) as string,
    ]);
    const status = async (method: string, path: string, headers: Record<string, string>) =>
      (await fetch(`${url}${path}`, { method, headers })).status;
    const [ada, bob] = [basic('ada', 'secret'), basic('bob', 'secret')];
    expect(await status('GET', '/v2/', ada)).toBe(200);
    expect(await status('GET', '/metrics', ada)).toBe(200);
    expect(await status('GET', '/metrics', {})).toBe(401);
    expect(await status('GET', '/', {})).toBe(401);
    for (const wrong of [
      basic('ada', 'Secret'),
      basic('eve', 'secret'),
      { authorization: 'Basic x' },
    ])
      expect(await status('GET', '/v2/', wrong)).toBe(401);
    expect(await status('POST', '/v2/team/app/blobs/uploads/', ada)).toBe(202);
    expect(await status('POST', '/v2/other/app/blobs/uploads/', ada)).toBe(403);
    expect(await status('POST', '/v2/team/app/blobs/uploads/', bob)).toBe(403);
    expect(await status('GET', '/v2/team/app/tags/list', bob)).toBe(404);
    // A user removed from the file loses access at once.
    await writeFile(file, `bob:${HASH}\n`);
    expect(await status('GET', '/v2/', ada)).toBe(401);
  });

  it('no ambiguous or malformed request', async () => {
    const { url } = await startServe(['--root', await temporaryFolder()]);
    const raw = async (head: string, body = '') => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let said = '';
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
      // The server may close the connection before it has read everything.
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.end(`${head}\r\nhost: x\r\nconnection: close\r\n\r\n${body}`);
      await closed;
      return said.split(' ', 2)[1];
    };
    const post = 'POST /v2/a/blobs/uploads/ HTTP/1.1\r\n';
    expect(await raw(`${post}content-length: 5\r\ntransfer-encoding: chunked`, '0\r\n\r\n')).toBe(
      '400',
    );
    expect(await raw(`${post}content-length: 5\r\ncontent-length: 6`, '123456')).toBe('400');
    expect(await raw(`${post}content-length: -1`)).toBe('400');
    expect(await raw(`GET /v2/ HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`)).toBe('431');
    expect(await raw('GET /v2/ HTTP/9.9')).toBe('400');
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    await fetch(`${url}/v2/`);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('requests_total{method="GET",route="version",status="200"} 1');
  });

  it('clients that trust its certificate, and reloads a changed one', async () => {
    const folder = await temporaryFolder();
    const file = (name: string) => join(folder, name);
    const make = (cn: string) =>
      spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${cn}`],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
        ...['-keyout', file('key.pem'), '-out', file('cert.pem')],
      ]);
    make('one');
    const certificate = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')];
    const { url, host } = await startServe(['--root', file('root'), ...certificate]);
    expect(url).toMatch(/^https:/);
    const { path, digest } = await archive();
    const pushed = await json<{ results: PushResult[] }>([
      ...['push', path, '--to', host, '--tag', 'a:1', '--ca-file', file('cert.pem')],
    ]);
    expect(pushed.results).toMatchObject([{ digest }]);
    make('two');
    const port = Number(new URL(url).port);
    const shown = () =>
      new Promise<unknown>((resolve, reject) => {
        const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    // The certificate is reloaded every ten seconds.
    await expect.poll(shown, { timeout: 60_000, interval: 500 }).toBe('two');
  });
});
