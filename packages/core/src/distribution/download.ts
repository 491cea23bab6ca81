import type { Descriptor } from '../oci/descriptor.js';
import { isSize } from '../oci/json.js';
import type { Bytes, CallOptions, ReadOptions } from '../transfer/store.js';
import type { Answer } from './transport/answer.js';
import type { RegistryClient } from './transport/client.js';
import { isTimeout, unreachable } from './transport/retry.js';
import type { RegistryRequest } from './transport/request.js';

export type DownloadOptions = ReadOptions & Pick<RegistryRequest, 'url' | 'scope' | 'headers'>;

/** A download fails after this many connections that broke without delivering a byte. */
const MAX_STALLS = 3;

/** A download whose response has begun. Read `bytes`, or abort the signal. */
export interface OpenedDownload {
  /** Size of the whole content in bytes, as the registry names it; undefined if it does not. */
  readonly size: number | undefined;
  readonly bytes: Bytes;
}

/**
 * Streams content, unverified, of an infinite size to its end. After a broken connection the rest is requested by range.
 *
 * @throws ImageError NOT_FOUND, UNAVAILABLE, …
 */
export async function* download(
  client: RegistryClient,
  descriptor: Descriptor,
  options: DownloadOptions,
): Bytes {
  const { start = 0, end = descriptor.size } = options;
  if (start < end) yield* (await openDownload(client, descriptor, options)).bytes;
}

/** Like {@link download}; resolves when the registry has begun to answer. */
export async function openDownload(
  client: RegistryClient,
  { size }: Descriptor,
  { url, scope, headers, start = 0, end = size, lend, signal }: DownloadOptions,
): Promise<OpenedDownload> {
  const open = async (at: number): Promise<Answer> => {
    const range =
      at === 0 && end === size ? {} : { range: `bytes=${at}-${end === Infinity ? '' : end - 1}` };
    return client.request({
      method: 'GET',
      url,
      scope,
      headers: { ...headers, ...range },
      expected: [200, 206],
      lend,
      signal,
    });
  };
  const first = await open(start);
  return {
    size: sizeOf(first),
    bytes: bytesOf(client, { first, open, start, end, signal }),
  };
}

/** The size of the whole content according to a response (200, 206 or 416); undefined if it names none. */
export function sizeOf({ status, header }: Answer): number | undefined {
  const text =
    status === 206 || status === 416
      ? header('content-range')?.replace(/^.*\//, '')
      : header('content-length');
  const size = text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  return isSize(size) ? size : undefined;
}

async function* bytesOf(
  client: RegistryClient,
  {
    first,
    open,
    start,
    end,
    signal,
  }: CallOptions & {
    readonly first: Answer;
    readonly open: (at: number) => Promise<Answer>;
    readonly start: number;
    readonly end: number;
  },
): Bytes {
  let stalls = 0;
  let next: Answer | undefined = first;
  for (let at = start; at < end; ) {
    const answer: Answer = next ?? (await open(at));
    next = undefined;
    const before = at;
    // A registry without range support starts at byte 0.
    let skip = answer.status === 206 ? 0 : at;
    let left = Number(answer.header('content-length'));
    try {
      for await (const chunk of answer.body) {
        left -= chunk.byteLength;
        const wanted = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - wanted.byteLength;
        const rest = wanted.subarray(0, end - at);
        at += rest.byteLength;
        if (rest.byteLength > 0) yield rest;
        // Read to its end, a response leaves its connection to the next one.
        if (at >= end && left !== 0) break;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const isStalled = at === before && ++stalls === MAX_STALLS;
      // A relay does not ask for the rest after a timeout: its clients try again themselves.
      if (isStalled || (client.isRelay && isTimeout(error)))
        throw unreachable(client.registry, error);
      continue;
    }
    if (at < end) return;
  }
}
