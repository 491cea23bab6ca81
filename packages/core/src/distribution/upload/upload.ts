import { ImageError, type ErrorCode } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { CallOptions } from '../../transfer/store.js';
import type { Answer } from '../transport/answer.js';
import type { RegistryClient } from '../transport/client.js';
import { givenUrl } from '../transport/given-url.js';

export interface ScopedOptions extends CallOptions {
  readonly scope: string;
}

/** An upload that a registry has begun (distribution spec 1.1 § Pushing blobs). */
export interface Upload {
  /** Where it goes on. */
  readonly url: URL;
  /** How much of it the registry has, in bytes. */
  readonly at: number;
  /** What a chunk must have at least, but for the last one (`OCI-Chunk-Min-Length`). */
  readonly leastChunk: number;
}

/** How registries say that nothing can be mounted from somewhere. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['INVALID', 'UNAUTHORIZED', 'DENIED', 'NOT_FOUND']);

/**
 * Begins an upload, or has the registry take what it has already: from another repository, or, where none is known
 * to have it, from wherever it likes (an anonymous mount).
 */
export async function beginUpload(
  client: RegistryClient,
  repository: string,
  {
    digest,
    from,
    scope,
    signal,
  }: ScopedOptions & { readonly digest?: Digest; readonly from?: string | undefined },
): Promise<Upload | 'mounted'> {
  const query = new URLSearchParams({
    ...(digest === undefined ? {} : { mount: digest }),
    ...(from === undefined ? {} : { from }),
  });
  const begin = (more: string): Promise<Answer> =>
    client.request({
      method: 'POST',
      url: `/v2/${repository}/blobs/uploads/${query.size === 0 ? '' : '?'}${query.toString()}`,
      scope: `${scope}${more}`,
      signal,
      expected: [201, 202],
    });
  let answer: Answer;
  try {
    // What is mounted is read where it is.
    answer = await begin(from === undefined ? '' : ` repository:${from}:pull`);
  } catch (error) {
    const isRefused = error instanceof ImageError && REFUSED.has(error.code);
    if (!isRefused || from === undefined) throw error;
    return beginUpload(client, repository, {
      ...(digest === undefined ? {} : { digest }),
      scope,
      signal,
    });
  }
  await answer.dump();
  return answer.status === 201 && digest !== undefined ? 'mounted' : uploadIn(client, answer, 0);
}

/** How far an upload is; undefined when the registry does not know it any more. */
export async function uploadAt(
  client: RegistryClient,
  url: URL,
  { scope, signal }: ScopedOptions,
): Promise<Upload | undefined> {
  const answer = await client.request({
    method: 'GET',
    url: url.href,
    scope,
    signal,
    expected: [200, 202, 204, 400, 404, 405],
  });
  await answer.dump();
  if (answer.status >= 400) return undefined;
  const [, last = '0'] = /^(?:bytes=)?0-([0-9]+)$/.exec(answer.header('range') ?? '') ?? [];
  // `0-0` is what some say of nothing, too.
  return uploadIn(client, answer, last === '0' ? 0 : Number(last) + 1, url);
}

/** The upload that an answer tells of. @throws ImageError UNAVAILABLE (no location, or one that is not used) */
export function uploadIn(client: RegistryClient, answer: Answer, at: number, before?: URL): Upload {
  const location = answer.header('location') ?? before?.href;
  if (location === undefined)
    throw new ImageError(
      'UNAVAILABLE',
      `${client.registry}: expected the location of an upload, got none`,
      { location: client.registry },
    );
  const leastChunk = Number(answer.header('oci-chunk-min-length') ?? 0);
  return {
    url: givenUrl(location, answer.url, 'the location of an upload'),
    at,
    leastChunk: Number.isSafeInteger(leastChunk) ? leastChunk : 0,
  };
}

/** Ends an upload: from now on the blob is there. @throws ImageError INVALID (it is not what its digest says) */
export async function endUpload(
  client: RegistryClient,
  { url }: Upload,
  digest: Digest,
  { scope, signal }: ScopedOptions,
): Promise<void> {
  const answer = await client.request({
    method: 'PUT',
    url: withDigest(url, digest).href,
    scope,
    signal,
    headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
    once: true,
    expected: [201, 204],
  });
  await answer.dump();
}

export function withDigest(url: URL, digest: Digest): URL {
  const whole = new URL(url);
  whole.searchParams.set('digest', digest);
  return whole;
}

/** What is larger (bytes) goes in pieces of this size, so that not all of it is lost with a connection. */
export const CHUNK = 32 * 1024 * 1024;
