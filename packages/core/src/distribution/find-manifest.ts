import type { Descriptor } from '../oci/descriptor.js';
import { digestOf, isDigest, type Digest } from '../oci/digest.js';
import { isSize } from '../oci/json.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { MANIFEST_TYPES } from '../oci/media-types.js';
import { readAnswer } from './transport/answer.js';
import type { RegistryClient } from './transport/client.js';
import type { RegistryRequest } from './transport/request.js';

export const ACCEPT_MANIFESTS = { accept: MANIFEST_TYPES.join(', ') };

type ManifestRequest = Pick<RegistryRequest, 'url' | 'scope' | 'signal'>;

/** A manifest's descriptor, with the bytes when a GET was needed. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes?: Uint8Array;
}

/** Describes the manifest of a tag or digest, from the headers of a HEAD if they suffice; undefined when there is none. */
export async function findManifest(
  client: RegistryClient,
  where: ManifestRequest,
): Promise<FoundManifest | undefined> {
  const request = { ...where, headers: ACCEPT_MANIFESTS, expected: [200, 404] };
  const answer = await client.request({ ...request, method: 'HEAD' });
  await answer.dump();
  if (answer.status === 404) return undefined;
  const names = ['docker-content-digest', 'content-type', 'content-length'];
  const [digest, mediaType, size] = names.map(answer.header);
  // Some registries omit headers that the specification requires in the response to a HEAD.
  const bytes = size === undefined ? undefined : Number(size);
  if (isDigest(digest) && mediaType !== undefined && isSize(bytes))
    return { descriptor: { digest, mediaType: bareType(mediaType), size: bytes } };
  return fetchManifest(client, where);
}

/** Describes a manifest by a GET, with its bytes; undefined when there is none. Without `digest` it is computed. */
export async function fetchManifest(
  client: RegistryClient,
  where: ManifestRequest,
  digest?: Digest,
): Promise<FoundManifest | undefined> {
  const request = { ...where, headers: ACCEPT_MANIFESTS, expected: [200, 404] };
  const answer = await client.request({ ...request, method: 'GET' });
  if (answer.status === 404) {
    await answer.dump();
    return undefined;
  }
  const limit = DEFAULT_LIMITS.manifestBytes;
  const bytes = await readAnswer(answer, { limit, what: 'manifest' });
  const mediaType = bareType(answer.header('content-type') ?? '');
  return {
    descriptor: { digest: digest ?? digestOf(bytes), mediaType, size: bytes.byteLength },
    bytes,
  };
}

/** The media type without parameters such as a character set. */
function bareType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim() ?? '';
}
