import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../testing/chunks.js';
import { clientOf } from '../../../testing/registry-client.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { digestOf } from '../../oci/digest.js';
import { RegistryStore } from '../storage/registry-store.js';
import { BlobFetches } from './blob-fetches.js';

const BYTES = Buffer.from('content of a blob');
const DIGEST = digestOf(BYTES);
const whole: RequestListener = (_, response) =>
  void response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES);

async function fetches(answer: RequestListener) {
  const { client, requests } = await clientOf(answer);
  const store = new RegistryStore(await temporaryFolder());
  const wanted = { repository: 'app', digest: DIGEST, upstream: { client, name: 'theirs' } };
  return { fetching: new BlobFetches(store), store, wanted, requests };
}

describe('a fetch of a blob', () => {
  it('is one for all that want it, and ends with the blob', async () => {
    const { fetching, store, wanted, requests } = await fetches(whole);
    const [one, other] = await Promise.all([fetching.join(wanted), fetching.join(wanted)]);
    expect([one.size, other]).toEqual([BYTES.length, one]);
    await fetching.complete(wanted);
    expect(requests).toEqual([`GET /v2/theirs/blobs/${DIGEST}`]);
    expect(await store.blob('app', DIGEST)).toMatchObject({ size: BYTES.length });
    expect(fetching.arriving('app', DIGEST)).toBeUndefined();
  });

  it('can be read while it arrives', async () => {
    let send: () => void = () => undefined;
    const { fetching, wanted } = await fetches((_, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 7));
      send = () => void response.end(BYTES.subarray(7));
    });
    expect(await fetching.join(wanted)).toMatchObject({ isArriving: true });
    const reading = fetching.arriving('app', DIGEST);
    if (!reading) throw new Error('expected content that arrives');
    const text = collect(reading);
    send();
    expect(await text).toBe(String(BYTES));
  });

  it('of what is stored already asks nobody', async () => {
    const { fetching, wanted, requests } = await fetches(whole);
    await fetching.complete(wanted);
    expect(await fetching.join(wanted)).not.toHaveProperty('isArriving');
    expect(requests).toHaveLength(1);
  });

  it('of other content is CORRUPT, and stores nothing', async () => {
    const { fetching, store, wanted } = await fetches((_, response) => void response.end('other'));
    await expect(fetching.complete(wanted)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await store.blob('app', DIGEST)).toBeUndefined();
  });

  it('that the upstream does not have is NOT_FOUND', async () => {
    const { fetching, wanted } = await fetches((_, response) => void response.writeHead(404).end());
    await expect(fetching.join(wanted)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ends when all its clients have left, and a later one begins a new one', async () => {
    let isStalled = true;
    const { fetching, wanted, requests } = await fetches((request, response) => {
      if (!isStalled) return whole(request, response);
      response.writeHead(200, { 'content-length': BYTES.length });
      response.flushHeaders();
    });
    const controllers = [new AbortController(), new AbortController()];
    for (const { signal } of controllers) await fetching.join(wanted, { signal });
    for (const controller of controllers) controller.abort();
    isStalled = false;
    await fetching.complete(wanted);
    expect(requests).toHaveLength(2);
  });

  it('is not begun for a client that has left', async () => {
    const { fetching, wanted, requests } = await fetches(whole);
    const signal = AbortSignal.abort(new TypeError('gone'));
    expect(() => fetching.join(wanted, { signal })).toThrow('gone');
    expect(requests).toEqual([]);
  });

  it('stops when all of them are disposed of', async () => {
    const { fetching, wanted } = await fetches((_, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.flushHeaders();
    });
    await fetching.join(wanted);
    const completing = fetching.complete(wanted);
    completing.catch(() => undefined);
    await fetching[Symbol.asyncDispose]();
    await expect(completing).rejects.toThrow();
  });
});
