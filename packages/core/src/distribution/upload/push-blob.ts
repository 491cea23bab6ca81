import { ImageError, type ErrorCode } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Open } from '../../transfer/store.js';
import type { RegistryClient } from '../transport/client.js';
import { isChunkRefusal, pushChunks } from './push-chunks.js';
import {
  beginUpload,
  fetchUploadState,
  addDigest,
  STORED,
  type Upload,
  type ScopedOptions,
  CHUNK_BYTES,
} from './upload.js';
import { watchContent } from './watched-content.js';

/** An unfinished upload: its URL, and the minimum size of a chunk in bytes. */
export interface KeptUpload {
  readonly url: string;
  readonly minChunkBytes: number;
}

/** Stores unfinished uploads, so that a later process can resume them. */
export interface UploadStore {
  find(blob: string): Promise<KeptUpload | undefined>;
  keep(blob: string, upload: KeptUpload): Promise<void>;
  forget(blob: string): Promise<void>;
}

export interface PushBlobOptions extends ScopedOptions {
  /** Another repository of the same registry that has the blob, to mount it from. */
  readonly mountFrom?: string | undefined;
  readonly uploads?: UploadStore | undefined;
}

/** Number of tries of an upload: after a failure it is resumed or started again. */
const MAX_TRIES = 5;
/** Wait after the first failure (ms); grows by the same amount with each further failure. */
const RETRY_WAIT_MS = 500;
/** Errors after which an upload is tried again. */
const RETRIED_ERRORS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNAVAILABLE']);

/**
 * Puts a blob into a repository: mounted if possible, else sent in one request or, above `CHUNK_BYTES`, in chunks. A
 * chunked upload is resumed after a broken connection, or by a later process. After a registry has refused chunks as too
 * large, it gets none above `CHUNK_BYTES`; after it has refused chunks, all blobs are sent to it in one request.
 *
 * @returns whether it was mounted or sent
 * @throws ImageError UNAVAILABLE, DENIED, …; errors of `open`, at once
 */
export async function pushBlob(
  client: RegistryClient,
  repository: string,
  descriptor: Descriptor,
  open: Open,
  options: PushBlobOptions,
): Promise<'mounted' | 'sent'> {
  const { digest, size } = descriptor;
  const { uploads, mountFrom: from } = options;
  const content = watchContent(open);
  const name = `${client.registry}/${repository}@${digest}`;
  const isLarge = size > CHUNK_BYTES;
  let isChunked = isLarge && !client.refused.chunks;
  let upload = isChunked ? await findUpload(client, name, size, options) : undefined;
  for (let tries = 1; ; tries++) {
    const begun = upload ?? (await beginUpload(client, repository, { ...options, digest, from }));
    if (begun === 'mounted') return 'mounted';
    try {
      if (isChunked) {
        const keep = async (now: Upload): Promise<void> => {
          upload = now;
          await uploads?.keep(name, { url: now.url.href, minChunkBytes: now.minChunkBytes });
        };
        await keep(begun);
        await pushChunks(client, begun, descriptor, content.open, { ...options, keep });
      } else await pushWhole(client, begun, descriptor, content.open, options);
      if (isLarge) await uploads?.forget(name);
      return 'sent';
    } catch (error) {
      content.rethrow();
      const code = error instanceof ImageError ? error.code : undefined;
      const isRetried = code !== undefined && RETRIED_ERRORS.has(code);
      const isRefused = isChunked && isChunkRefusal(error);
      if (!isRetried || isRefused) await uploads?.forget(name);
      if (isRefused && code === 'TOO_LARGE' && !client.refused.largeChunks) {
        client.refused.largeChunks = true;
        upload = undefined;
        continue;
      }
      if (isRefused && begun.at === 0) {
        client.refused.chunks = true;
        isChunked = false;
        upload = undefined;
        continue;
      }
      if (!(isRetried || isRefused) || tries >= MAX_TRIES) throw error;
      await client.wait(RETRY_WAIT_MS * tries, options);
      // Only for a chunked upload can the registry report how much it has; after a refusal those bytes may be wrong.
      const isResumed = isChunked && !isRefused;
      upload = isResumed ? await fetchUploadState(client, upload ?? begun, options) : undefined;
    }
  }
}

async function findUpload(
  client: RegistryClient,
  name: string,
  size: number,
  options: PushBlobOptions,
): Promise<Upload | undefined> {
  const kept = await options.uploads?.find(name);
  if (!kept || !URL.canParse(kept.url)) return undefined;
  const upload = await fetchUploadState(client, { ...kept, url: new URL(kept.url) }, options);
  return upload && upload.at <= size ? upload : undefined;
}

/** Sends a blob in one request. */
async function pushWhole(
  client: RegistryClient,
  { url }: Upload,
  { digest, size }: Descriptor,
  open: Open,
  { scope, signal }: ScopedOptions,
): Promise<void> {
  const { dump } = await client.request({
    method: 'PUT',
    url: addDigest(url, digest).href,
    scope,
    signal,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: open,
    once: true,
    expected: STORED,
  });
  await dump();
}
