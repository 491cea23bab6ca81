import { ImageError, type ErrorCode } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Bytes, Open } from '../../transfer/store.js';
import type { Answer } from '../transport/answer.js';
import type { RegistryClient } from '../transport/client.js';
import {
  CHUNK_BYTES,
  completeUpload,
  parseUpload,
  STORED,
  storedBytes,
  type Upload,
  type ScopedOptions,
} from './upload.js';

export interface PushChunksOptions extends ScopedOptions {
  /** Called after each chunk with the new state of the upload. */
  readonly keep: (upload: Upload) => Promise<void>;
}

/**
 * Sends the rest of an upload in chunks, each as large as the one before says is sent in a second: registries write every
 * chunk to disk, and a broken connection loses one. The content is read once, from the offset of the upload; the registry
 * checks the digest of the whole blob at the end.
 *
 * @throws ImageError as `RegistryClient.request`; INVALID (it stored less than was sent); errors of `open`
 */
export async function pushChunks(
  client: RegistryClient,
  from: Upload,
  { digest, size }: Descriptor,
  open: Open,
  { keep, ...options }: PushChunksOptions,
): Promise<void> {
  let upload = from;
  let content = splitBytes(open(from.at));
  let wanted = CHUNK_BYTES;
  try {
    while (upload.at < size) {
      const { at } = upload;
      const length = Math.min(Math.max(wanted, upload.minChunkBytes), size - at);
      const start = client.now();
      let isTaken = false;
      const body = (): Bytes => {
        // The request is sent again after a redirect or with a new token: the chunk is read again.
        if (isTaken) {
          content.close().catch(() => undefined);
          content = splitBytes(open(at));
        }
        isTaken = true;
        return content.take(length);
      };
      const answer = await client.request({
        method: 'PATCH',
        url: upload.url.href,
        scope: options.scope,
        signal: options.signal,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(length),
          'content-range': `${at}-${at + length - 1}`,
        },
        body,
        once: true,
        expected: STORED,
      });
      await answer.dump();
      upload = parseUpload(client, answer, at + length, upload);
      requireStored(client, answer, upload.at);
      await keep(upload);
      const perSecond = Math.floor((length * 1000) / Math.max(client.now() - start, 1));
      if (!client.refused.largeChunks) wanted = Math.max(CHUNK_BYTES, perSecond);
    }
    // Reading to the end runs the verification of the content.
    await content.end();
  } finally {
    await content.close();
  }
  await completeUpload(client, upload, digest, options);
}

/** @throws ImageError INVALID if the registry stored less of an upload than was sent */
export function requireStored({ registry }: RegistryClient, answer: Answer, sent: number): void {
  const stored = storedBytes(answer) ?? sent;
  if (stored >= sent) return;
  throw new ImageError(
    'INVALID',
    `${registry}: it stored ${stored} of the ${sent} bytes of an upload that were sent`,
    { location: registry },
  );
}

/** Errors by which registries refuse a chunk, or an upload that was sent in chunks. */
const CHUNK_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'INVALID',
  'NOT_FOUND',
  'UNSUPPORTED',
  'TOO_LARGE',
]);

/** Whether the registry may take in one piece what it refused in chunks. */
export function isChunkRefusal(error: unknown): boolean {
  return error instanceof ImageError && CHUNK_REFUSALS.has(error.code);
}

/** Splits a stream into chunks of given lengths, in order, without reading ahead. */
function splitBytes(bytes: Bytes): {
  readonly take: (length: number) => Bytes;
  readonly end: () => Promise<void>;
  readonly close: () => Promise<void>;
} {
  const iterator = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  return {
    take: async function* (length) {
      for (let left = length; left > 0; ) {
        const next = rest ? { done: false as const, value: rest } : await iterator.next();
        if (next.done) return;
        const chunk = next.value.subarray(0, left);
        rest = chunk.byteLength < next.value.byteLength ? next.value.subarray(left) : undefined;
        left -= chunk.byteLength;
        yield chunk;
      }
    },
    end: async () => {
      await iterator.next();
    },
    close: async () => {
      await iterator.return?.();
    },
  };
}
