import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { RegistryClient } from '../../distribution/transport/client.js';
import { registryHandler } from '../handler/handler.js';
import { RegistryStore } from '../storage/registry-store.js';
import { RegistryMirror } from './mirror.js';
import { surroundingsOf } from '../../surroundings.js';

const CONTENT = Buffer.alloc(300_000, 'x');
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;

/** Serves a mirror of an upstream registry with this request handler. @returns its URL and its folder */
async function serveMirror(upstream: RequestListener) {
  const root = await temporaryFolder();
  const client = await RegistryClient.open(await listening(upstream), {
    credentials: async () => ({ username: 'ada', password: 'secret' }),
    plainHttp: true,
    retries: 0,
    surroundings: surroundingsOf(),
  });
  const storage = new RegistryMirror(new RegistryStore(root), [{ client, prefix: '' }]);
  onTestFinished(() => storage[Symbol.asyncDispose]());
  return { url: `http://${await listening(registryHandler({ reader: storage, storage }))}`, root };
}

it('a fetch continues while a client waits, and is stopped when the last client disconnects', async () => {
  const interrupted: string[] = [];
  const waiting: (() => void)[] = [];
  const { url, root } = await serveMirror(({ method, url: path = '' }, response) => {
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
  const { url, root } = await serveMirror(({ url: path = '' }, response) => {
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
  const { url } = await serveMirror(({ method }, response) => {
    if (method === 'HEAD') response.writeHead(status, headers).end();
    else response.end(CONTENT);
  });
  const answer = await fetch(`${url}/v2/a/blobs/${DIGEST}`);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(CONTENT);
});
