import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Bytes, Open } from '../../transfer/store.js';
import type { RegistryClient } from '../transport/client.js';
import {
  CHUNK_BYTES,
  completeUpload,
  parseUpload,
  type Upload,
  type ScopedOptions,
} from './upload.js';

export interface PushChunksOptions extends ScopedOptions {
  /** Called after each chunk with the new state of the upload. */
  readonly keep: (upload: Upload) => Promise<void>;
}

/**
 * Sends the rest of an upload in chunks. The content is read once, from the offset of the upload; the registry checks
 * the digest of the whole blob at the end.
 *
 * @returns false when the registry does not accept chunks
 * @throws ImageError as `RegistryClient.request`; errors of `open`
 */
export async function pushChunks(
  client: RegistryClient,
  from: Upload,
  { digest, size }: Descriptor,
  open: Open,
  { keep, ...options }: PushChunksOptions,
): Promise<boolean> {
  let upload = from;
  const content = splitBytes(open(from.at));
  try {
    while (upload.at < size) {
      const length = Math.min(Math.max(CHUNK_BYTES, upload.minChunkBytes), size - upload.at);
      const end = upload.at + length;
      const answer = await client.request({
        method: 'PATCH',
        url: upload.url.href,
        scope: options.scope,
        signal: options.signal,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(length),
          'content-range': `${upload.at}-${end - 1}`,
        },
        body: readOnce(() => content.take(length)),
        once: true,
        expected: [201, 202, 204, 400, 404, 405, 416],
      });
      await answer.dump();
      if (answer.status >= 400) {
        if (upload.at === 0) return false;
        throw new ImageError(
          'UNAVAILABLE',
          `${client.registry}: expected bytes ${upload.at}-${end - 1} to be accepted, got ${answer.status}`,
          { location: client.registry },
        );
      }
      upload = parseUpload(client, answer, end, upload.url);
      await keep(upload);
    }
    // Reading to the end runs the verification of the content.
    await content.end();
  } finally {
    await content.close();
  }
  await completeUpload(client, upload, digest, options);
  return true;
}

/** A chunk can be read only once. A second read fails with UNAVAILABLE, so that the caller resumes the upload. */
function readOnce(take: () => Bytes): () => Bytes {
  let isTaken = false;
  return () => {
    if (isTaken)
      throw new ImageError(
        'UNAVAILABLE',
        'upload: expected to send a chunk once, got a second try',
      );
    isTaken = true;
    return take();
  };
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
