import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { Open } from '../../transfer/store.js';
import { tap } from '../../transfer/tap.js';
import type { RegistryClient } from '../transport/client.js';
import { beginUpload, endUpload, uploadIn, type ScopedOptions } from './upload.js';

/** What is made while it is sent is made anew so often. */
const TRIES = 3;
const WAIT = 500;

/**
 * Puts content into a repository whose digest is known at its end: made once, while it is sent.
 *
 * @throws ImageError UNAVAILABLE, DENIED, …; whatever `open` throws
 */
export async function streamBlob(
  client: RegistryClient,
  repository: string,
  open: Open,
  options: ScopedOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  for (let tries = 1; ; tries++) {
    const begun = await beginUpload(client, repository, options);
    if (begun === 'mounted') throw new TypeError('nothing was asked to be mounted');
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
      await endUpload(client, uploadIn(client, answer, size, begun.url), digest, options);
      return { digest, size };
    } catch (error) {
      const isLost = error instanceof ImageError && error.code === 'UNAVAILABLE';
      if (!isLost || tries === TRIES) throw error;
      await sleep(WAIT * tries, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
