import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, Registry, type Request } from '../../../testing/quirks/registry.js';
import { bodyOfRequest, clientOf as clientAnswered } from '../../../testing/registry-client.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { type ErrorCode, ImageError } from '../../errors.js';
import { openUploadMemory } from '../../lifecycle/push/packed-layers.js';
import { describe as describeBytes } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { surroundingsOf } from '../../surroundings.js';
import { oneChunk } from '../../transfer/copy.js';
import type { Open } from '../../transfer/store.js';
import { verified } from '../../transfer/verified.js';
import { RegistryClient } from '../transport/client.js';
import { pushBlob } from './push-blob.js';
import { streamBlob } from './stream-blob.js';
import { CHUNK_BYTES } from './upload.js';

const BYTES = Buffer.from('content');
const TEXT = describeBytes('text/plain', BYTES);
const SCOPE = { scope: 'repository:a:pull,push' };

const storing =
  (bodies: string[], put: RequestListener): RequestListener =>
  (request, response) => {
    const { method, url = '' } = request;
    if (method === 'POST' && url.includes('mount='))
      return void response.writeHead(url.includes('from=b') ? 201 : 405).end();
    if (method === 'POST') return void response.writeHead(202, { location: '/u' }).end();
    void bodyOfRequest(request).then(
      (body) => {
        bodies.push(body);
        put(request, response);
      },
      () => undefined,
    );
  };

describe('a blob', () => {
  it('is mounted, or else sent in one request', async () => {
    const bodies: string[] = [];
    const { client, requests } = await clientAnswered(
      storing(bodies, (_, response) => response.writeHead(201).end()),
    );
    const open = () => oneChunk(BYTES);
    const push = (more: object = {}) => pushBlob(client, 'a', TEXT, open, { ...SCOPE, ...more });
    expect(await push({ mountFrom: 'b' })).toBe('mounted');
    expect(await push()).toBe('sent');
    expect(bodies).toEqual(['content']);
    expect(requests.at(-1)).toContain(`PUT /u?digest=${encodeURIComponent(TEXT.digest)}`);
  });

  it('that is denied is not sent again', async () => {
    const bodies: string[] = [];
    const { client } = await clientAnswered(
      storing(bodies, (_, response) => response.writeHead(403).end()),
    );
    const pushing = pushBlob(client, 'a', TEXT, () => oneChunk(BYTES), SCOPE);
    await expect(pushing).rejects.toMatchObject({ code: 'DENIED' });
    expect(bodies).toHaveLength(1);
  });

  it('with other content is CORRUPT, and the registry does not get it whole', async () => {
    const bodies: string[] = [];
    const { client } = await clientAnswered(
      storing(bodies, (_, response) => response.writeHead(201).end()),
    );
    const open = () => verified(oneChunk(Buffer.from('changed')), TEXT);
    await expect(pushBlob(client, 'a', TEXT, open, SCOPE)).rejects.toMatchObject({
      code: 'CORRUPT',
    });
  });
});

const DIGEST: Digest = `sha256:${'a'.repeat(64)}`;
const blob = (size: number) => ({ mediaType: 'application/octet-stream', digest: DIGEST, size });
const isChunk = ({ method }: Request) => method === 'PATCH';

let registry: Registry;
let waits: number;

/** A client of a registry that may answer in its own way; it waits for no time. */
async function clientOf(before?: (request: Request) => { status: number } | undefined) {
  registry = new Registry();
  waits = 0;
  const listener = quirkyRegistry(registry, { name: 'test', before: before ?? (() => undefined) });
  return RegistryClient.open(await listening(listener), {
    plainHttp: true,
    retries: 0,
    credentials: async () => undefined,
    surroundings: surroundingsOf(),
    wait: async (milliseconds) => void (waits += milliseconds > 0 ? 1 : 0),
  });
}

/** Content that fails with an error after its first byte, and the number of times it was opened. */
function failing(error: Error) {
  const count = { opened: 0 };
  const open: Open = async function* () {
    count.opened++;
    yield Buffer.alloc(1);
    throw error;
  };
  return { open, count };
}

const zeros: Open = async function* (start = 0) {
  for (let at = start; at < CHUNK_BYTES + 1; at += 1024 * 1024)
    yield Buffer.alloc(Math.min(1024 * 1024, CHUNK_BYTES + 1 - at));
};

describe('an error of the content', () => {
  const reset = Object.assign(new Error('read of a share'), { code: 'ECONNRESET' });
  const codes: readonly ErrorCode[] = ['INVALID', 'NOT_FOUND', 'UNAVAILABLE', 'CORRUPT'];
  it.each([reset, ...codes.map((code) => new ImageError(code, code))])(
    'is thrown at once, and not taken for a refusal of the registry: %s',
    async (error) => {
      const client = await clientOf();
      for (const push of [
        (open: Open) => pushBlob(client, 'a', blob(100), open, SCOPE),
        (open: Open) => pushBlob(client, 'a', blob(CHUNK_BYTES + 1), open, SCOPE),
        (open: Open) => streamBlob(client, 'a', open, SCOPE),
      ]) {
        const { open, count } = failing(error);
        await expect(push(open)).rejects.toBe(error);
        expect([count.opened, client.refused.chunks, waits]).toEqual([1, false, 0]);
      }
    },
  );
});

describe('a push to a registry', () => {
  it('ends after five tries, also where the last one was a refused chunk', async () => {
    let chunks = 0;
    let whole = 0;
    const client = await clientOf((request) => {
      if (isChunk(request)) return { status: ++chunks < 5 ? 503 : 416 };
      if (request.method !== 'PUT') return undefined;
      whole++;
      return { status: 503 };
    });
    const pushing = pushBlob(client, 'a', blob(CHUNK_BYTES + 1), zeros, SCOPE);
    await expect(pushing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([chunks, whole]).toEqual([5, 1]);
  });

  it('sends smaller chunks after one was refused as too large', async () => {
    const size = 100 * 1024 * 1024;
    const lengths: number[] = [];
    const client = await clientOf((request) => {
      if (!isChunk(request)) return undefined;
      lengths.push(request.body.byteLength);
      return request.body.byteLength > CHUNK_BYTES ? { status: 413 } : undefined;
    });
    const content = Buffer.alloc(size);
    const open: Open = (start = 0) => inChunks(content.subarray(start), 1024 * 1024);
    await pushBlob(client, 'a', describeBytes('text/plain', content), open, SCOPE);
    const least = CHUNK_BYTES;
    expect(lengths).toEqual([least, size - least, least, least, least, size - 3 * least]);
  });

  it('that is resumed keeps the least length of a chunk, also in a later process', async () => {
    const least = CHUNK_BYTES + 1;
    const uploads = openUploadMemory(await temporaryFolder());
    const lengths: number[] = [];
    const client = await clientOf((request) => {
      if (!isChunk(request)) return undefined;
      lengths.push(Number(request.headers['content-length']));
      return { status: 503 };
    });
    const url = `http://${client.registry}/v2/a/blobs/uploads/1?state=1`;
    registry.uploads.set('1', []);
    await uploads.keep(`${client.registry}/a@${DIGEST}`, { url, minChunkBytes: least });
    const push = () => pushBlob(client, 'a', blob(least), zeros, { ...SCOPE, uploads });
    await expect(push()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(new Set(lengths)).toEqual(new Set([least]));
    expect(await uploads.find(`${client.registry}/a@${DIGEST}`)).toEqual({
      url,
      minChunkBytes: least,
    });
  });
});
