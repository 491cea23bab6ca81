import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { RegistryClient } from '../../distribution/transport/client.js';
import { surroundingsOf } from '../../surroundings.js';
import { describeBlob } from './describe-blob.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

async function describedBy(answer: RequestListener) {
  const requests: string[] = [];
  const address = await listening((request, response) => {
    requests.push(request.method ?? '');
    answer(request, response);
  });
  await using client = await RegistryClient.open(address, {
    credentials: async () => undefined,
    plainHttp: true,
    retries: 0,
    surroundings: surroundingsOf(),
  });
  const blob = await describeBlob({ client, name: 'app' }, DIGEST, {});
  return { blob, requests };
}

describe('a blob of an upstream', () => {
  it('has the size that HEAD names', async () => {
    const { blob, requests } = await describedBy((_, response) =>
      response.writeHead(200, { 'content-length': 7 }).end(),
    );
    expect(blob).toEqual({ mediaType: 'application/octet-stream', digest: DIGEST, size: 7 });
    expect(requests).toEqual(['HEAD']);
  });

  it.each([404, 405, 403])(
    'has the size of a GET where HEAD is answered with %i',
    async (status) => {
      const { blob, requests } = await describedBy(({ method }, response) => {
        if (method === 'HEAD') response.writeHead(status).end();
        else response.writeHead(200, { 'content-length': 5 }).end('hello');
      });
      expect([blob?.size, requests]).toEqual([5, ['HEAD', 'GET']]);
    },
  );

  it('has no known size where none is named', async () => {
    const { blob } = await describedBy(({ method }, response) => {
      response.writeHead(200);
      if (method === 'HEAD') response.end();
      else response.write('hello');
    });
    expect(blob?.size).toBe(Infinity);
  });

  it('is none where GET finds none', async () => {
    const { blob } = await describedBy((_, response) => response.writeHead(404).end());
    expect(blob).toBeUndefined();
  });
});
