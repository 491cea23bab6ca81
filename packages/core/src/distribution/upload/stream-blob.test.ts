import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { bodyOfRequest, clientOf } from '../../../testing/registry-client.js';
import { digestOf } from '../../oci/digest.js';
import { streamBlob } from './stream-blob.js';

const BYTES = Buffer.from('some content');
const MADE = { digest: digestOf(BYTES), size: BYTES.length };
const SCOPE = { scope: 'repository:a:pull,push' };

async function stream(patch: RequestListener) {
  const bodies: string[] = [];
  let opened = 0;
  const { client, requests } = await clientOf((request, response) => {
    const { method } = request;
    if (method === 'POST') {
      const isMount = request.url?.includes('mount=');
      return void response.writeHead(isMount ? 405 : 202, { location: '/u' }).end();
    }
    void bodyOfRequest(request).then((body) => {
      bodies.push(`${method} ${body}`);
      if (method === 'PATCH') patch(request, response);
      else response.writeHead(201).end();
    });
  });
  const open = () => {
    opened++;
    return inChunks(BYTES, 5);
  };
  const made = await streamBlob(client, 'a', open, SCOPE);
  return { made, bodies, client, requests, opened };
}

describe('content that is sent while it is made', () => {
  it('is made once, and named at its end', async () => {
    const { made, bodies, requests, opened } = await stream((_, response) =>
      response.writeHead(202, { location: '/u2', range: '0-11' }).end(),
    );
    expect([made, bodies, opened]).toEqual([MADE, ['PATCH some content', 'PUT '], 1]);
    expect(requests.at(-1)).toBe(`PUT /u2?digest=${encodeURIComponent(MADE.digest)}`);
  });

  it.each([
    ['refuses chunks', 405, {}],
    ['stores less than was sent', 202, { location: '/u', range: '0-4' }],
  ])(
    'is made again for a registry that %s, and sent in one request',
    async (_what, status, headers) => {
      const { made, bodies, client } = await stream((_, response) =>
        response.writeHead(status, headers as Record<string, string>).end(),
      );
      expect(made).toEqual(MADE);
      expect(bodies.at(-1)).toBe('PUT some content');
      expect(client.refused.chunks).toBe(true);
    },
  );
});
