import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { CallOptions } from '../../transfer/store.js';
import type { Answer } from '../transport/answer.js';
import type { RegistryClient } from '../transport/client.js';
import { parseResponseUrl } from '../given-url.js';
import type { RegistryRequest } from '../transport/request.js';

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

/**
 * Begins an upload, or mounts the blob `digest` instead: from the repository `from` or, if that is omitted or refused,
 * from one that the registry chooses (an anonymous mount). However a mount is refused, an upload without one follows.
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
  const begin = (query: string, more: Pick<RegistryRequest, 'scope' | 'once'>): Promise<Answer> =>
    client.request({
      method: 'POST',
      url: `/v2/${repository}/blobs/uploads/${query}`,
      signal,
      expected: [201, 202],
      ...more,
    });
  const mount = async (source: string | undefined): Promise<Answer | undefined> => {
    if (digest === undefined) return undefined;
    const query = new URLSearchParams({
      mount: digest,
      ...(source === undefined ? {} : { from: source }),
    });
    // A mount needs pull access to the other repository.
    const more = source === undefined ? '' : ` repository:${source}:pull`;
    try {
      return await begin(`?${query.toString()}`, { scope: `${scope}${more}`, once: true });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      if (source === undefined) client.refused.anonymousMounts ||= error.code !== 'UNAVAILABLE';
      return undefined;
    }
  };
  const answer =
    (from === undefined ? undefined : await mount(from)) ??
    (client.refused.anonymousMounts ? undefined : await mount(undefined)) ??
    (await begin('', { scope }));
  await answer.dump();
  return answer.status === 201 && digest !== undefined ? 'mounted' : parseUpload(client, answer, 0);
}

/** Asks the registry for the state of an upload; undefined when it no longer knows it. */
export async function fetchUploadState(
  client: RegistryClient,
  known: Pick<Upload, 'url' | 'minChunkBytes'>,
  { scope, signal }: ScopedOptions,
): Promise<Upload | undefined> {
  const answer = await client.request({
    method: 'GET',
    url: known.url.href,
    scope,
    signal,
    expected: [200, 202, 204, 400, 404, 405],
  });
  await answer.dump();
  if (answer.status >= 400) return undefined;
  const stored = storedBytes(answer) ?? 0;
  // Some registries report `0-0` for an empty upload.
  return parseUpload(client, answer, stored === 1 ? 0 : stored, known);
}

/** How many bytes of an upload the registry has stored, by the header `Range`; undefined if it does not say. */
export function storedBytes(answer: Answer): number | undefined {
  const [, last] = /^(?:bytes=)?0-([0-9]+)$/.exec(answer.header('range') ?? '') ?? [];
  return last === undefined ? undefined : Number(last) + 1;
}

/** The state of an upload, from a response. @throws ImageError UNAVAILABLE (no location, or one that is refused) */
export function parseUpload(
  client: RegistryClient,
  answer: Answer,
  at: number,
  before?: Pick<Upload, 'url' | 'minChunkBytes'>,
): Upload {
  const location = answer.header('location') ?? before?.url.href;
  if (location === undefined)
    throw new ImageError(
      'UNAVAILABLE',
      `${client.registry}: the registry named no location for an upload`,
      { location: client.registry },
    );
  const minChunkBytes = Number(answer.header('oci-chunk-min-length') ?? before?.minChunkBytes ?? 0);
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
    expected: STORED,
  });
  await answer.dump();
}

export function addDigest(url: URL, digest: Digest): URL {
  const whole = new URL(url);
  // The rest of the query is kept as it is written: it may be signed.
  const others = whole.search.slice(1).split('&');
  const kept = others.filter((each) => each !== '' && !each.startsWith('digest='));
  whole.search = [...kept, `digest=${encodeURIComponent(digest)}`].join('&');
  return whole;
}

/** Statuses of a blob that was stored. */
export const STORED: readonly number[] = [200, 201, 202, 204];

/** Least size of a chunk (bytes). A larger blob is sent in chunks, so that a broken connection does not lose all of it. */
export const CHUNK_BYTES = 32 * 1024 * 1024;
