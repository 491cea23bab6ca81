import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf, digestOf, isDigest, type Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MANIFEST_TYPES } from '../oci/media-types.js';
import type { ResolveOptions } from '../transfer/store.js';
import { readAnswer } from './transport/answer.js';
import type { RegistryClient } from './transport/client.js';
import type { RegistryRequest } from './transport/request.js';

export const ACCEPT_MANIFESTS = { accept: MANIFEST_TYPES.join(', ') };

/** Statuses by which registries refuse a HEAD, of a manifest or of a blob, that they would answer as a GET. */
export const HEAD_REFUSALS: readonly number[] = [400, 401, 403, 405, 406, 500, 501];

type ManifestRequest = Pick<RegistryRequest, 'url' | 'scope' | 'signal'>;

/** A manifest's descriptor, with the bytes when a GET was needed. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes?: Uint8Array;
}

/**
 * Describes the manifest of a tag; undefined when there is none. A HEAD tells its digest; if the caller does not know that
 * digest, the manifest is fetched: size and digest are those of its bytes, whatever the headers say.
 */
export async function findManifest(
  client: RegistryClient,
  where: ManifestRequest,
  known: ResolveOptions['known'],
): Promise<FoundManifest | undefined> {
  if (known) {
    const head = await askHead(client, where);
    if (head === undefined) return undefined;
    const descriptor = head === 'refused' ? undefined : await known(head.digest);
    if (descriptor) return { descriptor };
  }
  return fetchManifest(client, where);
}

/** The digest and the media type of a manifest, as a registry's headers say them. */
export type ManifestHead = Pick<Descriptor, 'digest' | 'mediaType'>;

/**
 * Asks for a manifest's digest with one HEAD; undefined when there is no such manifest. A GET follows only where the HEAD is
 * refused or its answer has no digest.
 */
export async function headManifest(
  client: RegistryClient,
  where: ManifestRequest,
): Promise<ManifestHead | undefined> {
  const head = await askHead(client, where);
  return head === 'refused' ? (await fetchManifest(client, where))?.descriptor : head;
}

async function askHead(
  client: RegistryClient,
  where: ManifestRequest,
): Promise<ManifestHead | 'refused' | undefined> {
  const expected = [200, 404, ...HEAD_REFUSALS];
  const request = { ...where, headers: ACCEPT_MANIFESTS, expected };
  const answer = await client.request({ ...request, method: 'HEAD' });
  await answer.dump();
  if (answer.status === 404) return undefined;
  const digest = answer.header('docker-content-digest');
  if (answer.status !== 200 || !isDigest(digest)) return 'refused';
  return { digest, mediaType: bareType(answer.header('content-type') ?? '') };
}

/** Describes a manifest by a GET, with its bytes; undefined when there is none. Without `digest` it is computed. */
export async function fetchManifest(
  client: RegistryClient,
  where: ManifestRequest,
  digest?: Digest,
): Promise<FoundManifest | undefined> {
  try {
    const request = { ...where, headers: ACCEPT_MANIFESTS, expected: [200] };
    const answer = await client.request({ ...request, method: 'GET' });
    const limit = DEFAULT_LIMITS.manifestBytes;
    const bytes = await readAnswer(answer, { limit, what: 'manifest' });
    const mediaType = bareType(answer.header('content-type') ?? '');
    // The registry's own word is only taken for the algorithm.
    const named = answer.header('docker-content-digest');
    const computed = digestOf(bytes, isDigest(named) ? algorithmOf(named) : 'sha256');
    return { descriptor: { digest: digest ?? computed, mediaType, size: bytes.byteLength }, bytes };
  } catch (error) {
    if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** The media type without parameters such as a character set. */
function bareType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim() ?? '';
}
