import type { Descriptor } from '../oci/descriptor.js';
import { digestOf, parseDigest, type Digest } from '../oci/digest.js';
import { MANIFEST_TYPES } from '../oci/media-types.js';
import { readAll } from '../transfer/verified.js';
import type { RegistryClient, RegistryRequest } from './client.js';

export const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };

type Where = Pick<RegistryRequest, 'url' | 'scope' | 'signal'>;

/** A manifest, and its bytes where they had to be read to know it. */
export interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly bytes?: Uint8Array;
}

/** What a tag or digest names, by its headers; undefined when it names nothing. */
export async function findManifest(
  client: RegistryClient,
  where: Where,
): Promise<FoundManifest | undefined> {
  const request = { ...where, headers: ACCEPT, expected: [200, 404] };
  const answer = await client.request({ ...request, method: 'HEAD' });
  await answer.dump();
  if (answer.status === 404) return undefined;
  const names = ['docker-content-digest', 'content-type', 'content-length'];
  const [digest, mediaType, size] = names.map(answer.header);
  if (digest !== undefined && mediaType !== undefined && size !== undefined)
    return {
      descriptor: {
        digest: parseDigest(digest),
        mediaType: bareType(mediaType),
        size: Number(size),
      },
    };
  // Some registries answer a HEAD with less than the specification asks for.
  return fetchManifest(client, where);
}

/** The same with one request, and its bytes: of what is named by its digest, nothing has to be looked up first. */
export async function fetchManifest(
  client: RegistryClient,
  where: Where,
  digest?: Digest,
): Promise<FoundManifest | undefined> {
  const request = { ...where, headers: ACCEPT, expected: [200, 404] };
  const answer = await client.request({ ...request, method: 'GET' });
  const bytes = await readAll(answer.body);
  if (answer.status === 404) return undefined;
  const mediaType = bareType(answer.header('content-type') ?? '');
  return {
    descriptor: { digest: digest ?? digestOf(bytes), mediaType, size: bytes.byteLength },
    bytes,
  };
}

/** Without parameters such as a character set. */
function bareType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim() ?? '';
}
