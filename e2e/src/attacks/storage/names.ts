import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stowage, temporaryFolder } from '../../run.js';
import { digestOf, pushSmall, readSmall, startServe } from '../../served.js';
import { INDEX, pathsIn, putIndex } from './raw.js';

const ESCAPES = ['../../outside/x', '..%2f..%2foutside%2fx', '%2e%2e/%2e%2e/outside', '..\\..\\x'];

/** Starts an HTTP server on a free port; it stops when the test ends. @returns `HOST:PORT` */
async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends a request with the path unchanged; `fetch` would normalize it. */
function rawRequest(url: string, method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(method === 'PUT' ? '{}' : undefined);
  });
}

export function nameAttacks(): void {
  it('cannot write outside the root by names, neither as a client nor as the upstream', async () => {
    const top = await temporaryFolder();
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
    const upstream = await startServer((asked, answer) => {
      const path = asked.url ?? '';
      if (path === '/v2/') return void answer.end('{}');
      if (path.includes('/tags/list'))
        return void answer.end(JSON.stringify({ name: 'app', tags: ['ok', ...ESCAPES] }));
      // The digest is a path, too.
      const digest = path.includes('liar') ? 'sha256:../../outside/x' : digestOf(body);
      answer.writeHead(200, {
        'content-type': INDEX,
        'content-length': body.length,
        'docker-content-digest': digest,
      });
      answer.end(asked.method === 'HEAD' ? undefined : body);
    });
    const root = join(top, 'deep/down/registry');
    const { url } = await startServe(['--root', root, '--upstream', `http://${upstream}`]);
    const { tags } = (await (await fetch(`${url}/v2/app/tags/list`)).json()) as { tags: string[] };
    expect(tags).toEqual(['ok']);
    await fetch(`${url}/v2/app/manifests/liar`);
    for (const escape of ESCAPES)
      for (const path of [
        `/v2/app/manifests/${escape}`,
        `/v2/${escape}/manifests/ok`,
        `/v2/app/blobs/sha256:${escape}`,
        `/v2/app/referrers/sha256:${escape}`,
        `/v2/app/blobs/uploads/${escape}`,
      ])
        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'])
          expect(await rawRequest(url, method, path), `${method} ${path}`).toBeLessThan(500);
    expect((await fetch(`${url}/v2/app/manifests/ok`)).status).toBe(200);
    const outside = (await pathsIn(top)).filter((path) => !path.startsWith('deep/down/registry'));
    expect(outside).toEqual(['deep', 'deep/down']);
  });

  it('cannot read outside a layout whose index has a path for a digest', async () => {
    const top = await temporaryFolder();
    await writeFile(join(top, 'secret'), 'secret');
    const layout = join(top, 'layout');
    await mkdir(layout);
    await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const entry = { mediaType: INDEX, digest: 'sha256:../../../secret', size: 6 };
    await writeFile(join(layout, 'index.json'), JSON.stringify({ manifests: [entry] }));
    const { code, stderr } = await stowage(['copy', `oci:${layout}`, `oci:${join(top, 'out')}`]);
    expect([code, stderr]).toEqual([
      expect.not.toBeOneOf([0, null]),
      expect.stringContaining('digest'),
    ]);
    expect(await pathsIn(top)).toEqual([
      'layout',
      'layout/index.json',
      'layout/oci-layout',
      'secret',
    ]);
    expect(await readFile(join(top, 'secret'), 'utf8')).toBe('secret');
  });

  it('can use tags and repositories of any allowed length, also after a restart', async () => {
    const root = await temporaryFolder();
    const tags = ['V'.repeat(128), 'v'.repeat(128), `${'V'.repeat(120)}.partial`];
    const repositories = [
      `con.${'a'.repeat(251)}`,
      `${'a'.repeat(247)}.partial`,
      'a'.repeat(255),
      Array.from({ length: 128 }, () => 'b').join('/'),
    ];
    const first = await startServe(['--root', root]);
    const pushed = new Map<string, string>();
    for (const name of repositories)
      for (const tag of tags) pushed.set(`${name} ${tag}`, await pushSmall(first.url, name, tag));
    await first.stop('SIGKILL');
    const { url } = await startServe(['--root', root]);
    for (const [image, digest] of pushed) {
      const [name = '', tag = ''] = image.split(' ');
      expect(await readSmall(url, name, tag)).toBe(digest);
    }
    const catalog = (await (await fetch(`${url}/v2/_catalog`)).json()) as object;
    expect(catalog).toEqual({ repositories: [...repositories].sort() });
    for (const name of repositories) {
      const listed = (await (await fetch(`${url}/v2/${name}/tags/list`)).json()) as object;
      expect(listed).toEqual({ name, tags: [...tags].sort() });
      const gone = await fetch(`${url}/v2/${name}/manifests/${tags[0]}`, { method: 'DELETE' });
      expect(gone.status).toBe(202);
    }
    expect((await putIndex(url, 'x', { reference: 'T'.repeat(129) })).status).toBe(400);
  });
}
