import { sizeOf } from '../../distribution/download.js';
import { HEAD_REFUSALS } from '../../distribution/find-manifest.js';
import type { Digest } from '../../oci/digest.js';
import type { CallOptions } from '../../transfer/store.js';
import type { HostedBlob } from '../hosted.js';
import type { UpstreamRepository } from './upstream.js';

/**
 * Describes a blob of an upstream registry without reading it; undefined when there is none. A HEAD that is refused, finds
 * none, or names no length says nothing of the blob: a GET of its first byte decides then.
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
  const length = sizeOf(head) ?? 0;
  if (head.status === 200 && length > 0) return { ...blob, size: length };
  const answer = await client.request({
    ...request,
    method: 'GET',
    headers: { range: 'bytes=0-0' },
    // An empty blob has no first byte (416).
    expected: [200, 206, 404, 416],
  });
  // A registry without ranges sends all of it.
  if (answer.status === 200) answer.cut();
  else await answer.dump();
  return answer.status === 404 ? undefined : { ...blob, size: sizeOf(answer) ?? Infinity };
}
