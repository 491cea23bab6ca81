import type { Descriptor } from '../oci/descriptor.js';
import type { Bytes, ReadOptions } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';
import type { RegistryRequest } from './transport/request.js';

export type DownloadOptions = ReadOptions & Pick<RegistryRequest, 'url' | 'scope' | 'headers'>;

/** A download fails after this many connections that broke without delivering a byte. */
const MAX_STALLS = 3;

/**
 * Streams content, unverified, of an infinite size to its end. After a broken connection the rest is requested by range.
 *
 * @throws ImageError NOT_FOUND, UNAVAILABLE, …
 */
export async function* download(
  client: RegistryClient,
  { size }: Descriptor,
  { url, scope, headers, start = 0, end = size, signal }: DownloadOptions,
): Bytes {
  let stalls = 0;
  for (let at = start; at < end; ) {
    const range =
      at === 0 && end === size ? {} : { range: `bytes=${at}-${end === Infinity ? '' : end - 1}` };
    const answer = await client.request({
      method: 'GET',
      url,
      scope,
      headers: { ...headers, ...range },
      expected: [200, 206],
      signal,
    });
    const before = at;
    // A registry without range support starts at byte 0.
    let skip = answer.status === 206 ? 0 : at;
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        const wanted = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - wanted.byteLength;
        const rest = wanted.subarray(0, end - at);
        at += rest.byteLength;
        if (rest.byteLength > 0) yield rest;
        if (at >= end) break;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (at === before && ++stalls === MAX_STALLS) throw client.unreachable('GET', error);
      continue;
    }
    if (at < end) return;
  }
}
