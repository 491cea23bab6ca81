import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { bodyOfRequest, clientOf } from '../../../testing/registry-client.js';
import { inChunks } from '../../../testing/chunks.js';
import { ImageError, type ErrorCode } from '../../errors.js';
import { describe as describeBytes } from '../../oci/descriptor.js';
import { surroundingsOf } from '../../surroundings.js';
import { isChunkRefusal, pushChunks } from './push-chunks.js';
import type { Upload } from './upload.js';

const BYTES = Buffer.from('some content');
const blob = describeBytes('text/plain', BYTES);
const MIB = 1024 * 1024;
const SCOPE = { scope: 'repository:a:pull,push' };

/** Sends the rest of the blob from `at` to a registry that says it stored `stored` bytes. */
async function push(at: number, stored?: number, more?: RequestListener) {
  const sent: string[] = [];
  const kept: number[] = [];
  const starts: number[] = [];
  const answer: RequestListener = (request, response) => {
    void bodyOfRequest(request).then((body) => {
      const { method, headers } = request;
      sent.push(method === 'PATCH' ? `${headers['content-range'] ?? ''}: ${body}` : (method ?? ''));
      if (more && method === 'PATCH') return more(request, response);
      const range = stored === undefined ? {} : { range: `0-${stored - 1}` };
      response.writeHead(method === 'PUT' ? 201 : 202, { location: '/next', ...range }).end();
    });
  };
  const { client, address, requests } = await clientOf(answer);
  const from: Upload = { url: new URL(`http://${address}/u`), at, minChunkBytes: 0 };
  const open = (start = 0) => {
    starts.push(start);
    return inChunks(BYTES.subarray(start), 3);
  };
  const keep = async (upload: Upload) => void kept.push(upload.at);
  const pushing = pushChunks(client, from, blob, open, { ...SCOPE, keep });
  return { pushing, sent, kept, starts, requests };
}

describe('the rest of an upload', () => {
  it('is sent from where it is, and completed at the next location', async () => {
    const { pushing, sent, kept, starts, requests } = await push(5);
    await pushing;
    expect(sent).toEqual(['5-11: content', 'PUT']);
    expect([kept, starts]).toEqual([[12], [5]]);
    expect(requests.at(-1)).toContain('PUT /next?digest=');
  });

  it('of nothing is completed', async () => {
    const { pushing, sent } = await push(12);
    await pushing;
    expect(sent).toEqual(['PUT']);
  });

  it('that is stored in part is INVALID', async () => {
    const { pushing, kept } = await push(0, 7);
    await expect(pushing).rejects.toMatchObject({ code: 'INVALID' });
    expect(kept).toEqual([]);
  });

  it('that is refused is the error of the registry', async () => {
    const { pushing } = await push(0, undefined, (_, response) => response.writeHead(416).end());
    await expect(pushing).rejects.toMatchObject({ code: 'INVALID' });
  });
});

/** Pushes as many chunks as it takes; each takes so many milliseconds. @returns the sizes of the chunks in MiB */
async function lengthsOf(size: number, ms: number, isLargeRefused = false): Promise<number[]> {
  const lengths: number[] = [];
  let now = 0;
  const answer: RequestListener = (request, response) => {
    if (request.method === 'PATCH') {
      lengths.push(Number(request.headers['content-length']) / MIB);
      now += ms;
    }
    request.resume().once('end', () => response.writeHead(202, { location: '/next' }).end());
  };
  const surroundings = surroundingsOf({ now: () => now });
  const { client, address } = await clientOf(answer, { surroundings });
  client.refused.largeChunks = isLargeRefused;
  const from: Upload = { url: new URL(`http://${address}/u`), at: 0, minChunkBytes: 0 };
  const content = async function* () {
    for (let at = 0; at < size; at += MIB) yield Buffer.alloc(MIB);
  };
  const blob = { mediaType: 'text/plain', digest: 'sha256:0' as const, size };
  await pushChunks(client, from, blob, content, { ...SCOPE, keep: async () => undefined });
  return lengths;
}

it('chunks are as large as what the one before says is sent in a second, but not small', async () => {
  expect(await lengthsOf(200 * MIB, 500)).toEqual([32, 64, 104]);
  expect(await lengthsOf(200 * MIB, 0)).toEqual([32, 168]);
  expect(await lengthsOf(100 * MIB, 5000)).toEqual([32, 32, 32, 4]);
  expect(await lengthsOf(100 * MIB, 0, true)).toEqual([32, 32, 32, 4]);
});

it.each<[ErrorCode, boolean]>([
  ['INVALID', true],
  ['NOT_FOUND', true],
  ['UNSUPPORTED', true],
  ['TOO_LARGE', true],
  ['UNAVAILABLE', false],
  ['DENIED', false],
])('%s is a refusal of chunks: %s', (code, expected) => {
  expect(isChunkRefusal(new ImageError(code, 'x'))).toBe(expected);
  expect(isChunkRefusal(new TypeError('x'))).toBe(false);
});
