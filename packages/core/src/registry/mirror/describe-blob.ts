import { HEAD_REFUSALS } from '../../distribution/find-manifest.js';
import type { Digest } from '../../oci/digest.js';
import { isSize } from '../../oci/json.js';
import type { CallOptions } from '../../transfer/store.js';
import type { HostedBlob } from '../hosted.js';
import type { UpstreamRepository } from './upstream.js';

/**
 * Describes a blob of an upstream registry without reading it; undefined when there is none. A HEAD that is refused, finds
 * none, or names no length says nothing of the blob: the head of the response to a GET decides then.
 */
export async function describeBlob(
  { client, name }: UpstreamRepository,
  digest: Digest,
  { signal }: CallOptions,
): Promise<HostedBlob | undefined> {
  const request = {
    url: `/v2/${name}/blobs/${digest}`,
    scope: `repository:${name}:pull`,
    expected: [200, 404, ...HEAD_REFUSALS],
    signal,
  };
  const blob = { mediaType: 'application/octet-stream', digest };
  const head = await client.request({ ...request, method: 'HEAD' });
  await head.dump();
  const length = Number(head.header('content-length') ?? 0);
  if (head.status === 200 && isSize(length) && length > 0) return { ...blob, size: length };
  const answer = await client.request({ ...request, method: 'GET', expected: [200, 404] });
  answer.cut();
  if (answer.status === 404) return undefined;
  const size = Number(answer.header('content-length') ?? Infinity);
  return { ...blob, size: isSize(size) ? size : Infinity };
}
