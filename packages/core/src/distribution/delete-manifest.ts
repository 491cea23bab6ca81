import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';

/**
 * Deletes a tag (distribution spec 1.1 § Deleting Tags).
 *
 * @returns false when the registry deletes no single tags, or has no such tag
 * @throws ImageError DENIED, UNAUTHORIZED, UNAVAILABLE
 */
export async function deleteTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  options: CallOptions,
): Promise<boolean> {
  const expected = [202, 400, 404, 405];
  return (await send(client, repository, tag, { ...options, expected })) === 202;
}

/**
 * Deletes a manifest by its digest (distribution spec 1.1 § Deleting Manifests); one that does not exist is no error.
 *
 * @throws ImageError UNSUPPORTED (the registry allows no deletion), DENIED, UNAUTHORIZED, UNAVAILABLE
 */
export async function deleteManifest(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  try {
    await send(client, repository, digest, { ...options, expected: [202, 404] });
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'UNSUPPORTED') throw error;
    const { registry } = client;
    throw new ImageError('UNSUPPORTED', `${registry}/${repository}: the registry deletes nothing`, {
      location: `${registry}/${repository}`,
      hint: 'Allow deletion in its settings (docker-registry: storage.delete.enabled), or delete there.',
      cause: error,
    });
  }
}

async function send(
  client: RegistryClient,
  repository: string,
  tagOrDigest: string,
  options: CallOptions & { readonly expected: readonly number[] },
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
