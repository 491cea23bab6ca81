import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, type ErrorCode } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Open } from '../../transfer/store.js';
import type { RegistryClient } from '../transport/client.js';
import { pushChunks } from './push-chunks.js';
import {
  beginUpload,
  fetchUploadState,
  addDigest,
  type Upload,
  type ScopedOptions,
  CHUNK_BYTES,
} from './upload.js';

/** Stores the URLs of unfinished uploads, so that a later process can resume them. */
export interface UploadStore {
  find(blob: string): Promise<string | undefined>;
  keep(blob: string, url: string): Promise<void>;
  forget(blob: string): Promise<void>;
}

export interface PushBlobOptions extends ScopedOptions {
  /** Another repository of the same registry that has the blob, to mount it from. */
  readonly mountFrom?: string | undefined;
  readonly uploads?: UploadStore | undefined;
}

/** How often an upload is tried: after a failure it is resumed or started again. */
const MAX_TRIES = 5;
/** Wait after the first failure (ms); grows by the same amount with each further failure. */
const RETRY_WAIT_MS = 500;
/** Errors after which an upload is tried again. */
const RETRIED_ERRORS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNAVAILABLE']);

/**
 * Puts a blob into a repository: mounted if possible, else sent in one request or, above `CHUNK` bytes, in chunks. A
 * chunked upload is resumed after a broken connection, or by a later process.
 *
 * @returns whether it was mounted or sent
 * @throws ImageError CORRUPT (the content does not match the descriptor), UNAVAILABLE, DENIED, …
 */
export async function pushBlob(
  client: RegistryClient,
  repository: string,
  descriptor: Descriptor,
  open: Open,
  options: PushBlobOptions,
): Promise<'mounted' | 'sent'> {
  const { digest, size } = descriptor;
  const { uploads, mountFrom: from, signal } = options;
  const name = `${client.registry}/${repository}@${digest}`;
  const isLarge = size > CHUNK_BYTES;
  let upload = isLarge ? await findUpload(client, name, size, options) : undefined;
  let isChunked = isLarge;
  for (let tries = 1; ; tries++) {
    const begun = upload ?? (await beginUpload(client, repository, { ...options, digest, from }));
    if (begun === 'mounted') return 'mounted';
    try {
      if (isChunked) {
        const keep = async (now: Upload): Promise<void> => {
          upload = now;
          await uploads?.keep(name, now.url.href);
        };
        await keep(begun);
        isChunked = await pushChunks(client, begun, descriptor, open, { ...options, keep });
        if (!isChunked) {
          upload = undefined;
          continue;
        }
      } else await pushWhole(client, begun, descriptor, open, options);
      if (isLarge) await uploads?.forget(name);
      return 'sent';
    } catch (error) {
      const isRetried = error instanceof ImageError && RETRIED_ERRORS.has(error.code);
      // The bytes of an earlier try may be the wrong ones: start again without them.
      const isSpoiled = error instanceof ImageError && error.code === 'INVALID' && begun.at > 0;
      if (!isRetried) await uploads?.forget(name);
      if (!(isRetried || isSpoiled) || tries === MAX_TRIES) throw error;
      await sleep(RETRY_WAIT_MS * tries, undefined, signal ? { signal } : {});
      // Only for a chunked upload can the registry report how much it has.
      const isResumed = isChunked && !isSpoiled;
      upload = isResumed
        ? await fetchUploadState(client, (upload ?? begun).url, options)
        : undefined;
    }
  }
}

async function findUpload(
  client: RegistryClient,
  name: string,
  size: number,
  options: PushBlobOptions,
): Promise<Upload | undefined> {
  const url = await options.uploads?.find(name);
  if (url === undefined || !URL.canParse(url)) return undefined;
  const upload = await fetchUploadState(client, new URL(url), options);
  return upload && upload.at <= size ? upload : undefined;
}

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
    expected: [201, 204],
  });
  await dump();
}
