import { ImageError } from '../errors.js';
import { readAnswer, type Answer } from './transport/answer.js';
import type { RegistryClient } from './transport/client.js';
import type { RegistryRequest } from './transport/request.js';
import { parseResponseUrl } from './given-url.js';

/** The largest list over all its pages, in bytes and in pages. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_PAGES = 1_000;

export interface PagesRequest
  extends Pick<RegistryRequest, 'url' | 'scope' | 'headers' | 'signal'> {
  /** Statuses, besides 404, that mean that there is no such list. */
  readonly absent?: readonly number[];
  /** A list that does not exist is an error. */
  readonly required?: boolean | undefined;
}

/**
 * The pages of a list (distribution spec 1.1 § Listing Tags, § Listing Referrers); none when the list does not exist.
 *
 * @param what names the list in messages.
 * @throws ImageError NOT_FOUND (`required`), TOO_LARGE, UNAVAILABLE (the next page is of another origin, or was read before), …
 */
export async function* readPages(
  client: RegistryClient,
  { url: first, absent = [], required = false, ...request }: PagesRequest,
  what: string,
): AsyncIterable<Uint8Array> {
  const seen = new Set<string>();
  let left = MAX_LIST_BYTES;
  for (let url: string | undefined = first; url !== undefined; ) {
    const isFirst = url === first;
    const expected = isFirst ? [200, ...absent] : [200];
    let answer: Answer;
    try {
      answer = await client.request({ ...request, method: 'GET', url, expected });
    } catch (error) {
      const isMissing = error instanceof ImageError && error.code === 'NOT_FOUND';
      if (isFirst && isMissing && !required) return;
      throw error;
    }
    if (answer.status !== 200) return answer.dump();
    seen.add(answer.url.href);
    const bytes = await readAnswer(answer, { limit: left, what });
    left -= bytes.byteLength;
    yield bytes;
    url = nextPageUrl(answer, seen, what);
  }
}

/** The URL of the next page, from the header `Link: <URL>; rel="next"`. */
function nextPageUrl({ header, url }: Answer, seen: ReadonlySet<string>, what: string) {
  const [, link] = /<([^<>]+)>[^<>]*?;\s*rel="?next\b/i.exec(header('link') ?? '') ?? [];
  if (link === undefined) return undefined;
  const next = parseResponseUrl(link, url, `the next page of ${what}`);
  const location = url.host;
  if (next.origin !== url.origin || seen.has(next.href))
    throw new ImageError(
      'UNAVAILABLE',
      `${location}: ${what}: the next page is ${seen.has(next.href) ? 'one that was read already' : `at another address: ${next.origin}`}`,
      { location },
    );
  if (seen.size === MAX_PAGES)
    throw new ImageError('TOO_LARGE', `${location}: ${what}: more than ${MAX_PAGES} pages`, {
      location,
    });
  return next.href;
}
