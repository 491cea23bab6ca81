import { ImageError, type ErrorCode } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { CallOptions } from '../../transfer/store.js';
import type { Answer } from '../transport/answer.js';
import type { RegistryClient } from '../transport/client.js';
import { parseResponseUrl } from '../transport/given-url.js';

export interface ScopedOptions extends CallOptions {
  readonly scope: string;
}

/** An upload that a registry has begun (distribution spec 1.1 § Pushing blobs). */
export interface Upload {
  /** URL of the next request. */
  readonly url: URL;
  /** How much of it the registry has, in bytes. */
  readonly at: number;
  /** Minimum size of every chunk but the last, in bytes (`OCI-Chunk-Min-Length`). */
  readonly minChunkBytes: number;
}

/** Errors by which registries refuse to mount from a repository. */
const MOUNT_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'NOT_FOUND',
]);

/**
 * Begins an upload, or mounts the blob `digest` instead: from the repository `from` or, if that is omitted or refused,
 * from one that the registry chooses (an anonymous mount).
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
    // A mount needs pull access to the other repository.
    answer = await begin(from === undefined ? '' : ` repository:${from}:pull`);
  } catch (error) {
    const isRefused = error instanceof ImageError && MOUNT_REFUSALS.has(error.code);
    if (!isRefused || from === undefined) throw error;
    return beginUpload(client, repository, {
      ...(digest === undefined ? {} : { digest }),
      scope,
      signal,
    });
  }
  await answer.dump();
  return answer.status === 201 && digest !== undefined ? 'mounted' : parseUpload(client, answer, 0);
}

/** Asks the registry for the state of an upload; undefined when it no longer knows it. */
export async function fetchUploadState(
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
  // Some registries report `0-0` for an empty upload.
  return parseUpload(client, answer, last === '0' ? 0 : Number(last) + 1, url);
}

/** The state of an upload, from a response. @throws ImageError UNAVAILABLE (no location, or one that is refused) */
export function parseUpload(
  client: RegistryClient,
  answer: Answer,
  at: number,
  before?: URL,
): Upload {
  const location = answer.header('location') ?? before?.href;
  if (location === undefined)
    throw new ImageError(
      'UNAVAILABLE',
      `${client.registry}: expected the location of an upload, got none`,
      { location: client.registry },
    );
  const minChunkBytes = Number(answer.header('oci-chunk-min-length') ?? 0);
  return {
    url: parseResponseUrl(location, answer.url, 'the location of an upload'),
    at,
    minChunkBytes: Number.isSafeInteger(minChunkBytes) ? minChunkBytes : 0,
  };
}

/** Completes an upload; then the blob exists. @throws ImageError INVALID (the content does not match the digest) */
export async function completeUpload(
  client: RegistryClient,
  { url }: Upload,
  digest: Digest,
  { scope, signal }: ScopedOptions,
): Promise<void> {
  const answer = await client.request({
    method: 'PUT',
    url: addDigest(url, digest).href,
    scope,
    signal,
    headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
    once: true,
    expected: [201, 204],
  });
  await answer.dump();
}

export function addDigest(url: URL, digest: Digest): URL {
  const whole = new URL(url);
  whole.searchParams.set('digest', digest);
  return whole;
}

/** Size of a chunk (bytes). A larger blob is sent in chunks, so that a broken connection does not lose all of it. */
export const CHUNK_BYTES = 32 * 1024 * 1024;
