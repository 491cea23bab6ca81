import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../testing/registry-client.js';
import { digestOf } from '../../oci/digest.js';
import type { Answer } from '../transport/answer.js';
import { addDigest, beginUpload, completeUpload, fetchUploadState, storedBytes } from './upload.js';

const DIGEST = digestOf(Buffer.from('x'));
const SCOPE = { scope: 'repository:a:pull,push' };

/** Answers mounts as given, and begins other uploads. */
const mounting =
  (mount: (from: string | null) => number): RequestListener =>
  ({ url = '' }, response) => {
    const query = new URL(url, 'http://x').searchParams;
    const status = query.has('mount') ? mount(query.get('from')) : 202;
    response.writeHead(status, status === 202 ? { location: '/upload' } : {}).end();
  };

describe('beginning an upload', () => {
  it('takes the location and the size of chunks that the registry names', async () => {
    const { client, address } = await clientOf((_, response) =>
      response.writeHead(202, { location: '/u?a=b', 'oci-chunk-min-length': '9' }).end(),
    );
    expect(await beginUpload(client, 'a', SCOPE)).toEqual({
      url: new URL(`http://${address}/u?a=b`),
      at: 0,
      minChunkBytes: 9,
    });
  });

  it('mounts from a repository, else from any, else begins one', async () => {
    const { client, requests } = await clientOf(mounting((from) => (from === null ? 201 : 404)));
    const options = { ...SCOPE, digest: DIGEST, from: 'b' };
    expect(await beginUpload(client, 'a', options)).toBe('mounted');
    expect(requests).toHaveLength(2);
  });

  it('asks a registry that refused it once for no mount from any repository again', async () => {
    const { client, requests } = await clientOf(mounting(() => 400));
    const options = { ...SCOPE, digest: DIGEST };
    expect(await beginUpload(client, 'a', options)).toMatchObject({ at: 0 });
    await beginUpload(client, 'a', options);
    expect(requests.filter((each) => each.includes('mount='))).toHaveLength(1);
  });

  it('takes an upload that a registry began in place of a mount', async () => {
    const { client, requests } = await clientOf(mounting(() => 202));
    const options = { ...SCOPE, digest: DIGEST, from: 'b' };
    expect(await beginUpload(client, 'a', options)).toMatchObject({ at: 0 });
    expect(requests).toHaveLength(1);
  });

  it('without a location is UNAVAILABLE', async () => {
    const { client } = await clientOf((_, response) => response.writeHead(202).end());
    await expect(beginUpload(client, 'a', SCOPE)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('the state of an upload', () => {
  it.each([
    [204, '0-99', 100],
    [204, 'bytes=0-99', 100],
    [204, '0-0', 0],
    [204, undefined, 0],
    [204, '5-9', 0],
    [404, undefined, undefined],
    [405, undefined, undefined],
  ])('answered with %i and the range %s is %s', async (status, range, at) => {
    const { client, address } = await clientOf((_, response) =>
      response.writeHead(status, range === undefined ? {} : { range }).end(),
    );
    const state = await fetchUploadState(
      client,
      { url: new URL(`http://${address}/u`), minChunkBytes: 0 },
      SCOPE,
    );
    expect(state?.at).toBe(at);
  });

  it('tells how much is stored, if it does', () => {
    const answer = (range: string | undefined) => ({ header: () => range }) as unknown as Answer;
    expect(['0-7', undefined, 'x'].map((range) => storedBytes(answer(range)))).toEqual([
      8,
      undefined,
      undefined,
    ]);
  });
});

describe('completing an upload', () => {
  it('adds the digest to its URL, whose other parameters stay as they are', async () => {
    const { client, address, requests } = await clientOf((_, response) =>
      response.writeHead(201).end(),
    );
    const url = new URL(`http://${address}/u?sig=a%2Fb+c&digest=old`);
    await completeUpload(client, { url, at: 1, minChunkBytes: 0 }, DIGEST, SCOPE);
    expect(requests).toEqual([`PUT /u?sig=a%2Fb+c&digest=${encodeURIComponent(DIGEST)}`]);
    expect(addDigest(new URL('http://x/u'), DIGEST).search).toBe(
      `?digest=${encodeURIComponent(DIGEST)}`,
    );
  });

  it('with another digest is INVALID', async () => {
    const { client, address } = await clientOf((_, response) => response.writeHead(400).end());
    const upload = { url: new URL(`http://${address}/u`), at: 1, minChunkBytes: 0 };
    await expect(completeUpload(client, upload, DIGEST, SCOPE)).rejects.toMatchObject({
      code: 'INVALID',
    });
  });
});
