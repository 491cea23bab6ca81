import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { Open } from '../../transfer/store.js';
import { tap } from '../../transfer/tap.js';
import type { RegistryClient } from '../transport/client.js';
import { beginUpload, completeUpload, parseUpload, type ScopedOptions } from './upload.js';

/** How often an upload is tried; each try opens the content again. */
const MAX_TRIES = 3;
/** Wait after the first failure (ms); grows by the same amount with each further failure. */
const RETRY_WAIT_MS = 500;

/**
 * Puts content into a repository while it is produced; its digest is known only at the end.
 *
 * @throws ImageError UNAVAILABLE, DENIED, …; errors of `open`
 */
export async function streamBlob(
  client: RegistryClient,
  repository: string,
  open: Open,
  options: ScopedOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  for (let tries = 1; ; tries++) {
    const begun = await beginUpload(client, repository, options);
    if (begun === 'mounted') throw new TypeError('no mount was requested');
    let hash = createHash('sha256');
    let size = 0;
    try {
      const answer = await client.request({
        ...options,
        method: 'PATCH',
        url: begun.url.href,
        headers: { 'content-type': 'application/octet-stream' },
        body: () => {
          hash = createHash('sha256');
          size = 0;
          return tap(open(), (chunk) => {
            hash.update(chunk);
            size += chunk.byteLength;
          });
        },
        once: true,
        expected: [201, 202, 204],
      });
      await answer.dump();
      const digest: Digest = `sha256:${hash.digest('hex')}`;
      await completeUpload(client, parseUpload(client, answer, size, begun.url), digest, options);
      return { digest, size };
    } catch (error) {
      const isRetried = error instanceof ImageError && error.code === 'UNAVAILABLE';
      if (!isRetried || tries === MAX_TRIES) throw error;
      await sleep(
        RETRY_WAIT_MS * tries,
        undefined,
        options.signal ? { signal: options.signal } : {},
      );
    }
  }
}
