import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, type ErrorCode } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Open } from '../../transfer/store.js';
import type { RegistryClient } from '../transport/client.js';
import { pushChunks } from './push-chunks.js';
import {
  beginUpload,
  uploadAt,
  withDigest,
  type Upload,
  type ScopedOptions,
  CHUNK,
} from './upload.js';

/** Where uploads are that a process may have left half done. */
export interface RememberedUploads {
  find(blob: string): Promise<string | undefined>;
  keep(blob: string, url: string): Promise<void>;
  forget(blob: string): Promise<void>;
}

export interface PushBlobOptions extends ScopedOptions {
  /** A repository of the same registry that has it. */
  readonly mountFrom?: string | undefined;
  readonly uploads?: RememberedUploads | undefined;
}

/** An upload that failed on the way is gone on with, or begun anew, so often. */
const TRIES = 5;
/** After the first failure, in milliseconds; longer after each further one. */
const WAIT = 500;
const LOST: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNAVAILABLE']);
/**
 * Puts a blob into a repository: mounted where that works, else in one piece, or in several that can be gone on with
 * after a broken connection, and by another process after this one died.
 *
 * @returns how it came there
 * @throws ImageError CORRUPT (the content is not what it is said to be), UNAVAILABLE, DENIED, …
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
  const isLarge = size > CHUNK;
  let upload = isLarge ? await remembered(client, name, size, options) : undefined;
  let inPieces = isLarge;
  for (let tries = 1; ; tries++) {
    const begun = upload ?? (await beginUpload(client, repository, { ...options, digest, from }));
    if (begun === 'mounted') return 'mounted';
    try {
      if (inPieces) {
        const keep = async (now: Upload): Promise<void> => {
          upload = now;
          await uploads?.keep(name, now.url.href);
        };
        await keep(begun);
        inPieces = await pushChunks(client, begun, descriptor, open, { ...options, keep });
        if (!inPieces) {
          upload = undefined;
          continue;
        }
      } else await pushWhole(client, begun, descriptor, open, options);
      if (isLarge) await uploads?.forget(name);
      return 'sent';
    } catch (error) {
      const isLost = error instanceof ImageError && LOST.has(error.code);
      // What another process had sent may be what is wrong.
      const isSpoilt = error instanceof ImageError && error.code === 'INVALID' && begun.at > 0;
      if (!isLost) await uploads?.forget(name);
      if (!(isLost || isSpoilt) || tries === TRIES) throw error;
      await sleep(WAIT * tries, undefined, signal ? { signal } : {});
      // How much of one piece arrived nobody knows; of several, the registry does.
      const isGoneOnWith = inPieces && !isSpoilt;
      upload = isGoneOnWith ? await uploadAt(client, (upload ?? begun).url, options) : undefined;
    }
  }
}

async function remembered(
  client: RegistryClient,
  name: string,
  size: number,
  options: PushBlobOptions,
): Promise<Upload | undefined> {
  const url = await options.uploads?.find(name);
  if (url === undefined || !URL.canParse(url)) return undefined;
  const upload = await uploadAt(client, new URL(url), options);
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
    url: withDigest(url, digest).href,
    scope,
    signal,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: open,
    once: true,
    expected: [201, 204],
  });
  await dump();
}
