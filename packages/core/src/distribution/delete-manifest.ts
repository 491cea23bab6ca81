import type { CallOptions } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';

export interface DeleteManifestOptions extends CallOptions {
  /** Accepted statuses; any other status is an error. */
  readonly expected: readonly number[];
}

/**
 * Deletes a tag, or a manifest by its digest (distribution spec 1.1 § Deleting Tags).
 *
 * @returns the status
 * @throws ImageError DENIED, UNSUPPORTED, … for a status that is not expected
 */
export async function deleteManifest(
  client: RegistryClient,
  repository: string,
  tagOrDigest: string,
  options: DeleteManifestOptions,
): Promise<number> {
  const { status, dump } = await client.request({
    ...options,
    method: 'DELETE',
    url: `/v2/${repository}/manifests/${tagOrDigest}`,
    scope: `repository:${repository}:pull,push,delete`,
  });
  await dump();
  return status;
}
