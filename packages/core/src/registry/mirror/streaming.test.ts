import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { serveMirror, TestUpstream } from '../../../testing/upstream.js';

/** A mirror of an upstream that sends the first `sent` bytes of the layer, and the rest when `finish` is called. */
async function serveSlowly(sent: number, rest?: Buffer) {
  const upstream = await new TestUpstream(Buffer.alloc(300_000, 'layer')).start();
  const bytes = upstream.bytesOf(upstream.layer);
  const waiting: ServerResponse[] = [];
  upstream.fault = ({ method, url = '', headers }, response) => {
    if (method !== 'GET' || !url.endsWith(upstream.layer) || headers.range) return false;
    response.writeHead(200, { 'content-length': bytes.byteLength });
    response.write(bytes.subarray(0, sent));
    waiting.push(response);
    return true;
  };
  const { url, root } = await serveMirror({ '': upstream });
  return {
    upstream,
    bytes,
    root,
    path: `${url}/v2/app/blobs/${upstream.layer}`,
    waiting,
    finish: () => waiting[0]?.end(rest ?? bytes.subarray(sent)),
    stored: async () => (await readdir(join(root, 'blobs/sha256')).catch(() => [])).length,
    uploads: () => readdir(join(root, 'repositories/app/_uploads')),
  };
}

/** Reads until so many bytes have arrived. */
async function readFirst(answer: Response, count: number): Promise<Buffer> {
  const reader = answer.body?.getReader();
  let read = Buffer.alloc(0);
  while (read.byteLength < count) {
    const chunk = (await reader?.read()) as { value?: Uint8Array } | undefined;
    read = Buffer.concat([read, chunk?.value ?? Buffer.alloc(count)]);
  }
  return read;
}

it('a client gets the first bytes while the rest is fetched, and a second one joins the fetch', async () => {
  const { upstream, bytes, path, finish } = await serveSlowly(1_000);
  const start = performance.now();
  const first = await fetch(path);
  expect(first.headers.get('content-length')).toBe('300000');
  expect(await readFirst(first.clone(), 1_000)).toEqual(bytes.subarray(0, 1_000));
  expect(performance.now() - start).toBeLessThan(5_000);
  const second = await fetch(path);
  const part = await fetch(path, { headers: { range: 'bytes=100-199' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/300000']);
  const end = await fetch(path, { headers: { range: 'bytes=299990-' } });
  finish();
  for (const answer of [first, second])
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200));
  expect(Buffer.from(await end.arrayBuffer())).toEqual(bytes.subarray(299_990));
  expect(upstream.requests).toEqual([`GET /v2/app/blobs/${upstream.layer}`]);
});

it('HEAD of a blob downloads nothing', async () => {
  const { upstream, path, stored } = await serveSlowly(1_000);
  const { status, headers } = await fetch(path, { method: 'HEAD' });
  expect([status, headers.get('content-length')]).toEqual([200, '300000']);
  expect(upstream.requests).toEqual([`HEAD /v2/app/blobs/${upstream.layer}`]);
  expect(await stored()).toBe(0);
});

it.each([
  ['that is wrong', Buffer.alloc(299_000, 'wrong')],
  ['whose last byte is wrong', Buffer.concat([Buffer.alloc(298_999, 'layer'), Buffer.from('?')])],
])('clients of a blob %s never get its end, and it is not kept', async (_, rest) => {
  const { upstream, bytes, path, finish, waiting, stored, uploads } = await serveSlowly(
    1_000,
    rest,
  );
  const whole = await fetch(path);
  const part = await fetch(path, { headers: { range: 'bytes=0-99' } });
  const small = await fetch(path, { headers: { range: 'bytes=299999-' } });
  await vi.waitFor(() => expect(waiting).toHaveLength(1), 10_000);
  finish();
  for (const answer of [whole, part, small]) await expect(answer.arrayBuffer()).rejects.toThrow();
  expect([await stored(), await uploads()]).toEqual([0, []]);
  upstream.fault = () => false;
  expect(Buffer.from(await (await fetch(path)).arrayBuffer())).toEqual(bytes);
});

it('a client of a blob that is cut gets a broken connection, and the next request fetches the rest', async () => {
  const { upstream, bytes, path, waiting, stored, uploads } = await serveSlowly(100_000);
  const answer = await fetch(path);
  await readFirst(answer.clone(), 100_000);
  const before = upstream.fault;
  upstream.fault = (request) => !!request.socket.destroy();
  waiting[0]?.destroy();
  await expect(answer.arrayBuffer()).rejects.toThrow();
  await vi.waitFor(async () => expect(await uploads()).toHaveLength(1), 10_000);
  expect(await stored()).toBe(0);
  upstream.fault = before;
  expect(Buffer.from(await (await fetch(path)).arrayBuffer())).toEqual(bytes);
  expect([await stored(), await uploads()]).toEqual([1, []]);
  // The slow answer is that to a request without a range, and was not asked for again.
  expect(waiting).toHaveLength(1);
});

it('a client that leaves does not stop the fetch for the others', async () => {
  const { upstream, bytes, path, finish } = await serveSlowly(1_000);
  const gone = new AbortController();
  await fetch(path, { signal: gone.signal });
  const other = await fetch(path);
  gone.abort();
  await readFirst(other.clone(), 1_000);
  expect(upstream.cut).toEqual([]);
  finish();
  expect(Buffer.from(await other.arrayBuffer())).toEqual(bytes);
});

it('partial blobs are kept for the latest 16 requests only', async () => {
  const upstream = await new TestUpstream().start();
  upstream.fault = (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write(Buffer.alloc(1_000));
    return true;
  };
  const { url, root } = await serveMirror({ '': upstream });
  for (let at = 0; at < 18; at++) {
    const gone = new AbortController();
    const answer = await fetch(`${url}/v2/app/blobs/${sha256(Buffer.from([at]))}`, {
      signal: gone.signal,
    });
    await readFirst(answer, 1_000);
    gone.abort();
    await vi.waitFor(() => expect(upstream.cut).toHaveLength(at + 1), 10_000);
  }
  const uploads = join(root, 'repositories/app/_uploads');
  await vi.waitFor(async () => expect(await readdir(uploads)).toHaveLength(16), 10_000);
});

it('a blob larger than the quota is not kept, and its client gets a broken connection', async () => {
  const upstream = await new TestUpstream(Buffer.alloc(3_000_000)).start();
  const { url, root } = await serveMirror({ '': upstream }, { maxUsed: 1_000_000 });
  const path = `${url}/v2/app/blobs/${upstream.layer}`;
  await expect(fetch(path).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  const uploads = join(root, 'repositories/app/_uploads');
  await vi.waitFor(async () => expect(await readdir(uploads)).toEqual([]), 10_000);
});
