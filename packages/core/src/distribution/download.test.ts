import type { IncomingMessage, RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { collect } from '../../testing/chunks.js';
import { clientOf } from '../../testing/registry-client.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { download, openDownload } from './download.js';

const TEXT = 'some content of a blob';
const blob = describeBytes('text/plain', Buffer.from(TEXT));
const WHERE = { url: '/v2/a/blobs/x', scope: 'repository:a:pull' };

/** The first and the last byte that a request asks for. */
function rangeOf({ headers }: IncomingMessage): [number, number] {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  return [Number(from), to === '' ? TEXT.length - 1 : Number(to)];
}

/** Answers ranges, and breaks off after `most` bytes of each answer. */
const inPieces =
  (most: number): RequestListener =>
  (request, response) => {
    const [from, to] = rangeOf(request);
    const part = TEXT.slice(from, to + 1);
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      'content-length': part.length,
      'content-range': `bytes ${from}-${to}/${TEXT.length}`,
    });
    if (part.length <= most) return void response.end(part);
    response.write(part.slice(0, most), () => response.destroy());
  };

describe('a download', () => {
  it.each([
    [{}, TEXT],
    [{ start: 5 }, TEXT.slice(5)],
    [{ start: 5, end: 12 }, TEXT.slice(5, 12)],
    [{ start: 7, end: 7 }, ''],
  ])('of %j is that part', async (range, expected) => {
    const { client } = await clientOf(inPieces(Infinity));
    expect(await collect(download(client, blob, { ...WHERE, ...range }))).toBe(expected);
  });

  it('leaves its connection to the next one, of a whole blob or a part', async () => {
    const connections = new Set<number | undefined>();
    const { client } = await clientOf((request, response) => {
      connections.add(request.socket.remotePort);
      inPieces(Infinity)(request, response);
    });
    for (const range of [{}, { start: 5 }, { start: 5, end: 12 }, {}])
      await collect(download(client, blob, { ...WHERE, ...range }));
    expect(connections.size).toBe(1);
  });

  it('goes on where a connection broke', async () => {
    const { client, requests } = await clientOf(inPieces(9));
    expect(await collect(download(client, blob, WHERE))).toBe(TEXT);
    expect(requests.length).toBeGreaterThan(1);
  });

  it('goes on with a registry that knows no ranges', async () => {
    let count = 0;
    const { client } = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': TEXT.length });
      if (count++ > 0) response.end(TEXT);
      else response.write(TEXT.slice(0, 5), () => response.destroy());
    });
    expect(await collect(download(client, blob, WHERE))).toBe(TEXT);
    expect(await collect(download(client, blob, { ...WHERE, start: 3, end: 6 }))).toBe(
      TEXT.slice(3, 6),
    );
  });

  it('fails after three connections that gave nothing', async () => {
    const { client, requests } = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': TEXT.length });
      response.flushHeaders();
      setImmediate(() => response.destroy());
    });
    await expect(collect(download(client, blob, WHERE))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(requests).toHaveLength(3);
  });

  it('ends where the registry says that it does, and not before', async () => {
    const { client } = await clientOf((_, response) => void response.end('short'));
    expect(await collect(download(client, blob, WHERE))).toBe('short');
    const long = await clientOf((_, response) => void response.end(`${TEXT} and more`));
    expect(await collect(download(long.client, blob, WHERE))).toBe(TEXT);
  });

  it('stops at an abort', async () => {
    const controller = new AbortController();
    const { client } = await clientOf((_, response) => void response.write('so'));
    const { signal } = controller;
    const reading = (async () => {
      for await (const chunk of download(client, blob, { ...WHERE, signal })) {
        expect(String(chunk)).toBe('so');
        controller.abort(new TypeError('stopped'));
      }
    })();
    await expect(reading).rejects.toThrow('stopped');
  });

  it.each([
    [{}, TEXT.length],
    [{ start: 5 }, TEXT.length],
  ])('knows the size of the whole content: %j', async (range, size) => {
    const { client } = await clientOf(inPieces(Infinity));
    const opened = await openDownload(client, blob, { ...WHERE, ...range });
    expect(opened.size).toBe(size);
    await collect(opened.bytes);
  });

  it('of an unknown size is read to its end', async () => {
    const { client } = await clientOf((_, response) => {
      response.write(TEXT);
      response.end();
    });
    const opened = await openDownload(client, { ...blob, size: Infinity }, WHERE);
    expect([opened.size, await collect(opened.bytes)]).toEqual([undefined, TEXT]);
  });
});
