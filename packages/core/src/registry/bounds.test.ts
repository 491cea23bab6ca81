import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { clientOfRegistry, described, sha256 } from '../../testing/pushing.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { MediaType } from '../oci/media-types.js';
import { RegistryStore } from './storage/registry-store.js';
import { bodyOf } from './handler/body.js';
import { Limiter } from './handler/limiter.js';
import { registryHandler } from './handler/handler.js';
import { Problem } from './problem.js';

async function start() {
  const storage = new RegistryStore(await temporaryFolder());
  const address = await listening(registryHandler({ reader: storage, storage }));
  return clientOfRegistry(`http://${address}`);
}

const EMPTY = described('application/vnd.oci.empty.v1+json', '{}');

it('limits one client to a quarter, and all clients to the total', () => {
  const limiter = new Limiter('uploads', 8);
  const taken = [limiter.enter('a'), limiter.enter('a')];
  const refused = expect.objectContaining({ status: 429 }) as Error;
  expect(() => limiter.enter('a')).toThrow(refused);
  for (const client of ['b', 'c', 'd']) limiter.enter(client, 2);
  expect(() => limiter.enter('e')).toThrow(refused);
  taken[0]?.[Symbol.dispose]();
  limiter.enter('e');
  expect(() => limiter.enter('f')).toThrow(refused);
});

describe('a body', () => {
  /** Reads chunks that each arrive `wait` ms after the previous one was read. @returns bytes read, or the error */
  async function read(chunks: readonly [wait: number, bytes: number][]): Promise<number | Problem> {
    let time = 0;
    const request = new IncomingMessage(new Socket());
    const queue = [...chunks];
    request._read = () => {
      const next = queue.shift();
      time += next?.[0] ?? 0;
      request.push(next ? Buffer.alloc(next[1]) : null);
    };
    let size = 0;
    try {
      for await (const chunk of bodyOf(request, () => time)) size += chunk.byteLength;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    return size;
  }

  it('may take any time while data keeps arriving', async () => {
    expect(
      await read([
        [29_000, 1],
        [1_000, 1],
      ]),
    ).toBe(2);
    expect(await read(Array.from({ length: 100 }, () => [29_000, 5000]))).toBe(500_000);
  });

  it('that arrives too slowly is refused', async () => {
    const drip = Array.from({ length: 100 }, (): [number, number] => [10_000, 1]);
    expect(await read(drip)).toMatchObject({ status: 408 });
  });
});

describe('a manifest', () => {
  it.each([
    ['of deeply nested JSON', `{"schemaVersion":2,"a":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['of a huge schemaVersion', JSON.stringify({ schemaVersion: 'x'.repeat(3_000_000) })],
    ['of a huge type', JSON.stringify({ schemaVersion: 2, mediaType: 'x'.repeat(3_000_000) })],
    [
      'of huge layers',
      JSON.stringify({ schemaVersion: 2, config: EMPTY, layers: 'x'.repeat(3_000_000) }),
    ],
  ])('%s is refused as invalid, with a short message', async (_, body) => {
    const { ask } = await start();
    const headers = { 'content-type': MediaType.manifest };
    const answer = await ask('PUT', '/v2/a/manifests/x', { headers, body });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([
      400,
      expect.stringContaining('MANIFEST_INVALID') as string,
    ]);
    expect(text.length).toBeLessThan(5000);
  });

  it('with many missing layers is refused with the first of them and a count', async () => {
    const { pushBlob, putManifest } = await start();
    await pushBlob('a', '{}');
    const layers = Array.from({ length: 2000 }, (_, at) => described(MediaType.layer, `${at}`));
    const manifest = { schemaVersion: 2, mediaType: MediaType.manifest, config: EMPTY, layers };
    const answer = await putManifest('a', 'x', manifest);
    const text = await answer.text();
    expect([answer.status, text.match(/sha256:/g)?.length]).toEqual([404, 10]);
    expect(text).toContain(' and 1990 more');
  });

  it('reserves memory of its client only, and releases it', async () => {
    const { ask } = await start();
    const large = `{"schemaVersion":2,"a":"${'x'.repeat(3_000_000)}"}`;
    const headers = { 'content-type': MediaType.manifest };
    const put = async () =>
      (await ask('PUT', '/v2/a/manifests/x', { headers, body: large })).status;
    const statuses = await Promise.all(Array.from({ length: 12 }, put));
    expect(statuses.filter((each) => each === 400).length).toBeGreaterThanOrEqual(5);
    expect(new Set(statuses)).not.toContain(500);
    // All memory was released.
    expect(await put()).toBe(400);
  });
});

it('shows a manifest that is too large for a page as unreadable', async () => {
  const { ask, pushImage, putManifest } = await start();
  const image = await pushImage('a', 'small', 'a layer');
  const large = { ...image, annotations: { note: 'x'.repeat(300_000) } };
  expect((await putManifest('a', 'large', large)).status).toBe(201);
  const page = await (await ask('GET', '/-/a')).text();
  expect(page.match(/cannot be read/g)).toHaveLength(1);
  expect((await ask('GET', `/-/a@${sha256(JSON.stringify(large))}`)).status).toBe(404);
});

it('limits a page of referrers by its size', async () => {
  const { ask, pushBlob, putManifest } = await start();
  await pushBlob('a', '{}');
  const subject = described(MediaType.manifest, 'subject');
  const digests: string[] = [];
  for (let at = 0; at < 8; at++) {
    const annotations = { note: `${at}`.repeat(400_000) };
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: 'text/note',
      ...{ config: EMPTY, layers: [], subject, annotations },
    };
    const digest = sha256(JSON.stringify(manifest));
    expect((await putManifest('a', digest, manifest)).status).toBe(201);
    digests.push(digest);
  }
  const found: string[] = [];
  const sizes: number[] = [];
  let next: string | undefined = `/v2/a/referrers/${subject.digest}?artifactType=text/note`;
  while (next !== undefined) {
    const answer: Response = await ask('GET', next);
    const text = await answer.text();
    const { manifests } = JSON.parse(text) as { manifests: { digest: string }[] };
    expect(manifests.length).toBeGreaterThan(0);
    found.push(...manifests.map(({ digest }) => digest));
    sizes.push(text.length);
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  expect(found).toEqual(digests.sort());
  expect(Math.max(...sizes)).toBeLessThan(1_100_000);
});
