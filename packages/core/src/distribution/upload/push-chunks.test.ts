import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { bodyOfRequest, clientOf } from '../../../testing/registry-client.js';
import { inChunks } from '../../../testing/chunks.js';
import { ImageError, type ErrorCode } from '../../errors.js';
import { describe as describeBytes } from '../../oci/descriptor.js';
import { isChunkRefusal, pushChunks } from './push-chunks.js';
import type { Upload } from './upload.js';

const BYTES = Buffer.from('some content');
const blob = describeBytes('text/plain', BYTES);
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
