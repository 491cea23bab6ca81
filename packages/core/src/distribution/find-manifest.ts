import type { Descriptor } from '../oci/descriptor.js';
import { digestOf, parseDigest } from '../oci/digest.js';
import { MANIFEST_TYPES } from '../oci/media-types.js';
import { readAll } from '../transfer/verified.js';
import type { RegistryClient, RegistryRequest } from './client.js';

export const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };

/** What a tag or digest names, by its headers; undefined when it names nothing. */
export async function findManifest(
  client: RegistryClient,
  where: Pick<RegistryRequest, 'url' | 'scope' | 'signal'>,
): Promise<Descriptor | undefined> {
  const request = { ...where, headers: ACCEPT, expected: [200, 404] };
  const answer = await client.request({ ...request, method: 'HEAD' });
  await answer.body.dump();
  if (answer.status === 404) return undefined;
  const names = ['docker-content-digest', 'content-type', 'content-length'];
  const [digest, mediaType, size] = names.map(answer.header);
  if (digest !== undefined && mediaType !== undefined && size !== undefined)
    return { digest: parseDigest(digest), mediaType: bareType(mediaType), size: Number(size) };
  // Some registries answer a HEAD with less than the specification asks for.
  const whole = await client.request({ ...request, method: 'GET' });
  if (whole.status === 404) return undefined;
  const bytes = await readAll(whole.body);
  return {
    digest: digestOf(bytes),
    mediaType: bareType(whole.header('content-type') ?? ''),
    size: bytes.byteLength,
  };
}

/** Without parameters such as a character set. */
function bareType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim() ?? '';
}
