import { readdir, stat } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { sha256 } from '../../../testing/pushing.js';
import { serveMirror, TestUpstream } from '../../../testing/upstream.js';

const CONTENT = Buffer.alloc(300_000, 'x');
const DIGEST = sha256(CONTENT);

/** Serves a mirror of an upstream registry with this request handler. @returns its URL and its folder */
const mirrorOf = async (upstream: RequestListener) =>
  serveMirror({ '': { address: await listening(upstream) } });

it('a fetch continues while a client waits, and is stopped when the last client disconnects', async () => {
  const interrupted: string[] = [];
  const waiting: (() => void)[] = [];
  const { url, root } = await mirrorOf(({ method, url: path = '' }, response) => {
    response.writeHead(200, { 'content-length': CONTENT.byteLength });
    if (method === 'HEAD') return void response.end();
    response.once('close', () => response.writableFinished || interrupted.push(path));
    response.write(CONTENT.subarray(0, 100_000));
    waiting.push(() => response.end(CONTENT.subarray(100_000)));
  });
  const [one, other] = [new AbortController(), new AbortController()];
  const ask = async (repository: string, signal: AbortSignal | null = null) =>
    (await fetch(`${url}/v2/${repository}/blobs/${DIGEST}`, { signal })).arrayBuffer();
  const first = ask('a', one.signal);
  const second = ask('a', other.signal);
  const uploads = join(root, 'repositories/a/_uploads');
  const kept = async () =>
    Promise.all(
      (await readdir(uploads)).map(async (name) => (await stat(join(uploads, name))).size),
    );
  await vi.waitFor(async () => expect(await kept()).toEqual([100_000]), 10_000);
  one.abort();
  await expect(first).rejects.toThrow();
  expect(interrupted).toEqual([]);
  other.abort();
  await expect(second).rejects.toThrow();
  await vi.waitFor(() => expect(interrupted).toEqual([`/v2/a/blobs/${DIGEST}`]), 10_000);
  expect(await kept()).toEqual([100_000]);
  // A later request continues the fetch, here of an upstream that knows no ranges.
  const again = ask('a');
  await vi.waitFor(() => expect(waiting).toHaveLength(2), 10_000);
  waiting[1]?.();
  expect(Buffer.from(await again)).toEqual(CONTENT);
  expect(await readdir(uploads)).toEqual([]);
});

it('ignores upstream tags that are invalid, and never uses them as paths', async () => {
  const paths: string[] = [];
  const { url, root } = await mirrorOf(({ url: path = '' }, response) => {
    paths.push(path);
    response.end(JSON.stringify({ tags: ['good', '../../../outside/x'] }));
  });
  const list = await (await fetch(`${url}/v2/a/tags/list`)).json();
  expect(list).toMatchObject({ tags: ['good'] });
  await (await fetch(`${url}/-/a`)).text();
  expect(paths.filter((path) => path.includes('outside'))).toEqual([]);
  expect(await readdir(join(root, '..'))).not.toContain('outside');
});

it.each([
  ['is refused', 405, {}],
  ['has no length', 200, { 'transfer-encoding': 'chunked' }],
  ['has length 0', 200, { 'content-length': 0 }],
])('a blob whose HEAD %s is fetched', async (_, status, headers) => {
  const { url } = await mirrorOf(({ method }, response) => {
    if (method === 'HEAD') response.writeHead(status, headers).end();
    else response.end(CONTENT);
  });
  const answer = await fetch(`${url}/v2/a/blobs/${DIGEST}`);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(CONTENT);
});

it('pages show what is here, and ask no upstream', async () => {
  const upstream = await new TestUpstream().start();
  const { url } = await serveMirror({ '': upstream });
  await (await fetch(`${url}/v2/app/manifests/1`)).text();
  await (await fetch(`${url}/v2/app/blobs/${upstream.config}`)).text();
  const before = upstream.requests.length;
  expect(await (await fetch(`${url}/-/app`)).text()).toContain('linux/amd64');
  const digest = sha256(upstream.manifest);
  expect(await (await fetch(`${url}/-/app@${digest}`)).text()).toContain(upstream.layer);
  expect((await fetch(`${url}/-/elsewhere`)).status).toBe(404);
  expect(upstream.requests.slice(before)).toEqual([]);
});

it('a manifest that nobody has costs no list of all tags', async () => {
  const pages: string[] = [];
  const { url } = await mirrorOf(({ url: path = '' }, response) => {
    if (!path.includes('/tags/')) return void response.writeHead(404).end('{}');
    pages.push(path);
    response.setHeader('link', '</v2/a/tags/list?last=x>; rel="next"');
    response.end(JSON.stringify({ tags: ['x'] }));
  });
  expect((await fetch(`${url}/v2/a/manifests/none`, { method: 'HEAD' })).status).toBe(404);
  expect(pages).toEqual([]);
  expect(await (await fetch(`${url}/v2/a/manifests/none`)).text()).toContain('MANIFEST_UNKNOWN');
  expect(pages).toHaveLength(1);
});
