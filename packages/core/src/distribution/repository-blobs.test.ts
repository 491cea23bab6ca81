import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../testing/registry-client.js';
import { describe as describeBytes } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { oneChunk } from '../transfer/copy.js';
import { RepositoryBlobs } from './repository-blobs.js';
import { KnownBlobs } from './upload/known-blobs.js';

const BYTES = Buffer.from('content');
const blob = describeBytes(MediaType.layer, BYTES);

/** Answers uploads and mounts; `get` answers GET and HEAD of a blob. */
const registry =
  (get: RequestListener): RequestListener =>
  (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    if (method === 'HEAD' || method === 'GET') return get(request, response);
    request.resume().once('end', () => {
      if (method === 'POST' && url.includes('from=other')) response.writeHead(201);
      else if (method === 'POST') response.writeHead(202, { location: '/v2/a/blobs/uploads/1' });
      else response.writeHead(201);
      response.end();
    });
  };
const missing = registry((_, response) => response.writeHead(404).end());

describe('the blobs of a repository', () => {
  it('are asked for once, if they are there', async () => {
    const { client, requests } = await clientOf(
      registry((_, response) => response.writeHead(200).end()),
    );
    const blobs = new RepositoryBlobs(client, 'a', {});
    expect([await blobs.holds(blob, {}), await blobs.holds(blob, {})]).toEqual([true, true]);
    expect(requests).toHaveLength(1);
    expect(blobs.counts).toEqual({ sent: 0, mounted: 0, existing: 1 });
  });

  it('are asked for by a GET of one byte where HEAD is refused', async () => {
    const ranges: (string | undefined)[] = [];
    const { client } = await clientOf(
      registry(({ method, headers }, response) => {
        ranges.push(headers.range);
        response.writeHead(method === 'HEAD' ? 405 : 206).end();
      }),
    );
    expect(await new RepositoryBlobs(client, 'a', {}).holds(blob, {})).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=0-0']);
  });

  it('that may not be read count as absent', async () => {
    const { client } = await clientOf(registry((_, response) => response.writeHead(403).end()));
    expect(await new RepositoryBlobs(client, 'a', {}).holds(blob, {})).toBe(false);
  });

  it('are mounted from another repository that is known to have them', async () => {
    const { client } = await clientOf(missing);
    const known = new KnownBlobs();
    known.add(blob.digest, 'other');
    const blobs = new RepositoryBlobs(client, 'a', { known });
    expect(await blobs.holds(blob, {})).toBe(true);
    expect(blobs.counts).toEqual({ sent: 0, mounted: 1, existing: 0 });
    expect(await known.find(blob.digest)).toBe('a');
  });

  it('are sent, and then known', async () => {
    const { client, requests } = await clientOf(missing);
    const known = new KnownBlobs();
    const blobs = new RepositoryBlobs(client, 'a', { known });
    await blobs.write(blob, () => oneChunk(BYTES), {});
    await blobs.write(blob, () => expect.unreachable(), {});
    expect(blobs.counts).toEqual({ sent: 1, mounted: 0, existing: 1 });
    const before = requests.length;
    expect(await blobs.holds(blob, {})).toBe(true);
    expect(requests).toHaveLength(before);
  });

  it('may be sent while they are made', async () => {
    const { client } = await clientOf(missing);
    const blobs = new RepositoryBlobs(client, 'a', {});
    expect(await blobs.ingest(MediaType.layer, () => oneChunk(BYTES), {})).toEqual(blob);
    expect([blobs.counts.sent, await blobs.holds(blob, {})]).toEqual([1, true]);
  });
});
