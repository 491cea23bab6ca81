import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { Bytes, Open } from '../../transfer/store.js';
import { Meter } from '../../transfer/tap.js';
import type { RegistryClient } from '../transport/client.js';
import { pushBlob } from './push-blob.js';
import { isChunkRefusal, requireStored } from './push-chunks.js';
import { beginUpload, completeUpload, parseUpload, STORED, type ScopedOptions } from './upload.js';
import { watchContent } from './watched-content.js';

/** Number of tries of an upload; each opens the content again. */
const MAX_TRIES = 3;
/** Wait after the first failure (ms); grows by the same amount with each further failure. */
const RETRY_WAIT_MS = 500;

/**
 * Puts content into a repository while it is produced; its digest is known only at the end. If the registry refuses such
 * an upload, the content is produced once to learn its digest, and then sent in one request.
 *
 * @throws ImageError UNAVAILABLE, DENIED, …; errors of `open`, at once
 */
export async function streamBlob(
  client: RegistryClient,
  repository: string,
  open: Open,
  options: ScopedOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const content = watchContent(open);
  for (let tries = 1; !client.refused.chunks; tries++) {
    try {
      return await streamOnce(client, repository, content.open, options);
    } catch (error) {
      content.rethrow();
      if (isChunkRefusal(error)) {
        client.refused.chunks = true;
        break;
      }
      const isRetried = error instanceof ImageError && error.code === 'UNAVAILABLE';
      if (!isRetried || tries >= MAX_TRIES) throw error;
      await client.wait(RETRY_WAIT_MS * tries, options);
    }
  }
  const measured = measuring(open);
  for await (const _ of measured.content());
  const made = measured.result();
  const descriptor = { mediaType: 'application/octet-stream', ...made };
  await pushBlob(client, repository, descriptor, open, options);
  return made;
}

async function streamOnce(
  client: RegistryClient,
  repository: string,
  open: Open,
  options: ScopedOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const begun = await beginUpload(client, repository, options);
  if (begun === 'mounted') throw new TypeError('no mount was requested');
  const measured = measuring(open);
  const answer = await client.request({
    ...options,
    method: 'PATCH',
    url: begun.url.href,
    headers: { 'content-type': 'application/octet-stream' },
    body: measured.content,
    once: true,
    expected: STORED,
  });
  await answer.dump();
  const made = measured.result();
  requireStored(client, answer, made.size);
  await completeUpload(client, parseUpload(client, answer, made.size, begun), made.digest, options);
  return made;
}

/** Content, and the digest and size of it once it was read to its end. */
function measuring(open: Open) {
  let meter = new Meter();
  return {
    content: (): Bytes => {
      meter = new Meter();
      return meter.through(open());
    },
    result: (): { readonly digest: Digest; readonly size: number } => ({
      digest: meter.digest(),
      size: meter.size,
    }),
  };
}
