import { describe, expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, Registry, type Request } from '../../../testing/quirks/registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { ImageError, type ErrorCode } from '../../errors.js';
import { openUploadMemory } from '../../lifecycle/push/packed-layers.js';
import type { Digest } from '../../oci/digest.js';
import { surroundingsOf } from '../../surroundings.js';
import type { Open } from '../../transfer/store.js';
import { RegistryClient } from '../transport/client.js';
import { pushBlob } from './push-blob.js';
import { streamBlob } from './stream-blob.js';
import { CHUNK_BYTES } from './upload.js';

const SCOPE = { scope: 'repository:a:pull,push' };
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
