import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { flood } from '../../testing/listening.js';
import { clientOf } from '../../testing/registry-client.js';
import type { Descriptor } from '../oci/descriptor.js';
import { digestOf, type Digest } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { fetchManifest, findManifest } from './find-manifest.js';

const BYTES = Buffer.from('{"schemaVersion":2}');
const DIGEST = digestOf(BYTES);
const WHERE = { url: '/v2/a/manifests/1', scope: 'repository:a:pull' };
const KNOWN: Descriptor = { mediaType: MediaType.manifest, digest: DIGEST, size: BYTES.length };

/** Answers GET with the manifest, and HEAD as given. */
const withHead =
  (head: RequestListener): RequestListener =>
  (request, response) => {
    if (request.method === 'HEAD') return head(request, response);
    const headers = { 'content-type': `${MediaType.manifest}; charset=utf-8` };
    response.writeHead(200, headers).end(BYTES);
  };
const known = async (digest: Digest) => (digest === DIGEST ? KNOWN : undefined);

describe('the manifest of a tag', () => {
  it('is described by its bytes, whatever the headers say', async () => {
    const { client } = await clientOf((_, response) =>
      response
        .writeHead(200, {
          'content-type': MediaType.manifest,
          'docker-content-digest': digestOf(Buffer.from('other')),
        })
        .end(BYTES),
    );
    const found = await findManifest(client, WHERE, undefined);
    expect(found?.descriptor).toEqual(KNOWN);
    expect(String(found?.bytes)).toBe(String(BYTES));
  });

  it('has a digest of the algorithm that the registry uses', async () => {
    const { client } = await clientOf((_, response) =>
      response.writeHead(200, { 'docker-content-digest': digestOf(BYTES, 'sha512') }).end(BYTES),
    );
    const found = await fetchManifest(client, WHERE);
    expect(found?.descriptor).toEqual({
      mediaType: '',
      digest: digestOf(BYTES, 'sha512'),
      size: BYTES.length,
    });
    expect((await fetchManifest(client, WHERE, DIGEST))?.descriptor.digest).toBe(DIGEST);
  });

  it('is not fetched when its digest is known', async () => {
    const { client, requests } = await clientOf(
      withHead((_, response) => response.writeHead(200, { 'docker-content-digest': DIGEST }).end()),
    );
    expect(await findManifest(client, WHERE, known)).toEqual({ descriptor: KNOWN });
    expect(requests).toEqual(['HEAD /v2/a/manifests/1']);
  });

  it.each([
    ['another digest', 200, { 'docker-content-digest': digestOf(Buffer.from('x')) }],
    ['no digest', 200, {}],
    ['a refusal', 405, {}],
    ['a refusal to log in', 401, {}],
  ])('is fetched when HEAD answers %s', async (_what, status, headers) => {
    const { client } = await clientOf(
      withHead((_, response) => response.writeHead(status, headers).end()),
    );
    const found = await findManifest(client, WHERE, known);
    expect([found?.descriptor, found?.bytes?.byteLength]).toEqual([KNOWN, BYTES.length]);
  });

  it('is none where there is none', async () => {
    const { client, requests } = await clientOf((_, response) => response.writeHead(404).end());
    expect(await findManifest(client, WHERE, known)).toBeUndefined();
    expect(requests).toHaveLength(1);
    expect(await fetchManifest(client, WHERE)).toBeUndefined();
  });

  it('is TOO_LARGE above the limit, and other failures are errors', async () => {
    const large = await clientOf((_, response) => flood(response));
    await expect(fetchManifest(large.client, WHERE)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    const denied = await clientOf((_, response) => response.writeHead(403).end());
    await expect(fetchManifest(denied.client, WHERE)).rejects.toMatchObject({ code: 'DENIED' });
  });
});
