import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, type ErrorCode } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { CallOptions, Open } from '../transfer/store.js';
import type { RegistryClient } from './client.js';

export interface PushBlobOptions extends CallOptions {
  readonly scope: string;
  /** Repositories that may have it. */
  readonly mountFrom: readonly string[];
}

/** An upload that failed on the way is begun anew so often. */
const TRIES = 4;
/** After the first failure, in milliseconds; longer after each further one. */
const WAIT = 500;
const LOST: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNAVAILABLE']);

/**
 * Puts a blob into a repository: mounted from another one where that works, else in one piece.
 *
 * @returns how it came there
 * @throws ImageError CORRUPT (the content is not what it is said to be), UNAVAILABLE, DENIED, …
 */
export async function pushBlob(
  client: RegistryClient,
  repository: string,
  { digest, size }: Descriptor,
  open: Open,
  { scope, mountFrom, signal }: PushBlobOptions,
): Promise<'mounted' | 'sent'> {
  const uploads = `/v2/${repository}/blobs/uploads/`;
  const common = { scope, signal };
  for (const from of mountFrom) {
    const query = new URLSearchParams({ mount: digest, from });
    const { status, body } = await client.request({
      ...common,
      method: 'POST',
      url: `${uploads}?${query.toString()}`,
      expected: [201, 202, 401, 403, 404],
    });
    await body.dump();
    if (status === 201) return 'mounted';
  }
  for (let tries = 1; ; tries++) {
    const started = await client.request({
      ...common,
      method: 'POST',
      url: uploads,
      expected: [202],
    });
    await started.body.dump();
    const location = started.header('location');
    if (location === undefined)
      throw new ImageError(
        'UNAVAILABLE',
        `${client.registry}: expected the location of an upload, got none`,
        {
          location: client.registry,
        },
      );
    const url = new URL(location, started.url);
    url.searchParams.set('digest', digest);
    try {
      const { body } = await client.request({
        ...common,
        method: 'PUT',
        url: url.href,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
        body: open,
        once: true,
        expected: [201],
      });
      await body.dump();
      return 'sent';
    } catch (error) {
      // How much of it arrived nobody knows: it is begun anew.
      const isLost = error instanceof ImageError && LOST.has(error.code);
      if (!isLost || tries === TRIES) throw error;
      await sleep(WAIT * tries, undefined, signal ? { signal } : {});
    }
  }
}
