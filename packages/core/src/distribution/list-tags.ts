import { parseJsonObject } from '../oci/json.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { isTag } from '../oci/reference.js';
import type { CallOptions } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';
import { MAX_LIST_BYTES, readPages } from './pages.js';
import type { ScopedOptions } from './upload/upload.js';

/** Options for listing tags. */
export interface ListTagsOptions extends CallOptions {
  /** A repository that does not exist is an error, not an empty list. */
  readonly required?: boolean | undefined;
}

const TAG_LIST_LIMITS = { ...DEFAULT_LIMITS, manifestBytes: MAX_LIST_BYTES };

/**
 * The tags of a repository (distribution spec 1.1 § Listing Tags); none when it does not exist. Invalid tags are left
 * out: no request can use them, and they could contain path segments.
 *
 * @throws ImageError NOT_FOUND (`required`), TOO_LARGE, UNAVAILABLE
 */
export async function* listTags(
  client: RegistryClient,
  repository: string,
  options: ScopedOptions & ListTagsOptions,
): AsyncIterable<string> {
  const what = `the tags of ${repository}`;
  const request = { ...options, url: `/v2/${repository}/tags/list?n=1000` };
  for await (const bytes of readPages(client, request, what)) {
    const { tags } = parseJsonObject(bytes, what, TAG_LIST_LIMITS);
    for (const tag of Array.isArray(tags) ? (tags as unknown[]) : [])
      if (typeof tag === 'string' && isTag(tag)) yield tag;
  }
}
