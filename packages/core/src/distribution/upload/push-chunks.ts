import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Bytes, Open } from '../../transfer/store.js';
import type { RegistryClient } from '../transport/client.js';
import { CHUNK } from './upload.js';
import { endUpload, uploadIn, type Upload, type ScopedOptions } from './upload.js';

export interface PushChunksOptions extends ScopedOptions {
  /** Told where the upload goes on, after each piece. */
  readonly keep: (upload: Upload) => Promise<void>;
}

/**
 * Sends what an upload lacks, in pieces. Content is read once, from where the upload stands; whether the whole is
 * what its digest says, the registry judges at the end.
 *
 * @returns false where the registry takes no pieces
 * @throws ImageError as `RegistryClient.request`; whatever `open` throws
 */
export async function pushChunks(
  client: RegistryClient,
  from: Upload,
  { digest, size }: Descriptor,
  open: Open,
  { keep, ...options }: PushChunksOptions,
): Promise<boolean> {
  let upload = from;
  const content = pieces(open(from.at));
  try {
    while (upload.at < size) {
      const length = Math.min(Math.max(CHUNK, upload.leastChunk), size - upload.at);
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
        body: once(() => content.take(length)),
        once: true,
        expected: [201, 202, 204, 400, 404, 405, 416],
      });
      await answer.dump();
      if (answer.status >= 400) {
        if (upload.at === 0) return false;
        throw new ImageError(
          'UNAVAILABLE',
          `${client.registry}: expected it to take bytes ${upload.at} to ${end}, got ${answer.status}`,
          { location: client.registry },
        );
      }
      upload = uploadIn(client, answer, end, upload.url);
      await keep(upload);
    }
    // What verifies the content does so at its end.
    await content.end();
  } finally {
    await content.close();
  }
  await endUpload(client, upload, digest, options);
  return true;
}

/** A piece cannot be had a second time: then the upload is gone on with from where it stands. */
function once(take: () => Bytes): () => Bytes {
  let isTaken = false;
  return () => {
    if (isTaken) throw new ImageError('UNAVAILABLE', 'expected to send a piece once');
    isTaken = true;
    return take();
  };
}

/** Takes a stream apart, in order, without reading ahead. */
function pieces(bytes: Bytes): {
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
