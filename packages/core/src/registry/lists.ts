import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { MediaType } from '../oci/media-types.js';
import { paged, type Page } from '../transfer/hosted.js';
import { answerJson, type Exchange } from './exchange.js';
import { Problem } from './problem.js';

/** The most of one page of referrers, in entries and in bytes: their annotations may be as long as a manifest. */
const REFERRERS = 500;
const REFERRER_BYTES = 4 * 1024 * 1024;

export async function sendCatalog(exchange: Exchange): Promise<void> {
  const { list, headers } = await pageOf(exchange, '/v2/_catalog', async (page) => {
    const all = await exchange.hosted.repositories();
    return paged(
      all.filter((name) => exchange.may('read', name)),
      page,
    );
  });
  answerJson(exchange, { repositories: list }, headers);
}

export async function sendTags(exchange: Exchange, name: string): Promise<void> {
  const { list, headers } = await pageOf(exchange, `/v2/${name}/tags/list`, async (page) => {
    const tags = await exchange.hosted.tags(name, page, { signal: exchange.signal });
    if (tags) return tags;
    throw new Problem('NAME_UNKNOWN', `${name}: expected a repository, got none`);
  });
  answerJson(exchange, { name, tags: list }, headers);
}

/** An index of what refers to a manifest, whether that is there or not. */
export async function sendReferrers(
  exchange: Exchange,
  name: string,
  digest: Digest,
): Promise<void> {
  const type = exchange.query.get('artifactType');
  const after = exchange.query.get('last') ?? undefined;
  const manifests: Descriptor[] = [];
  let bytes = 0;
  let isMore = false;
  const wanted = { after, artifactType: type ?? undefined, signal: exchange.signal };
  for await (const each of exchange.hosted.referrers(name, digest, wanted)) {
    bytes += JSON.stringify(each).length;
    isMore = manifests.length === REFERRERS || (bytes > REFERRER_BYTES && manifests.length > 0);
    if (isMore) break;
    manifests.push(each);
  }
  const last = manifests.at(-1);
  const query =
    isMore && last
      ? new URLSearchParams({ ...(type === null ? {} : { artifactType: type }), last: last.digest })
      : undefined;
  answerJson(
    exchange,
    { schemaVersion: 2, mediaType: MediaType.index, manifests },
    {
      'content-type': MediaType.index,
      ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(query
        ? { link: `</v2/${name}/referrers/${digest}?${query.toString()}>; rel="next"` }
        : {}),
    },
  );
}

/** `n` and `last` (§ Listing Tags), and where the next page is. */
async function pageOf(
  { query }: Exchange,
  path: string,
  read: (page: Page) => Promise<readonly string[]>,
): Promise<{ readonly list: readonly string[]; readonly headers: Record<string, string> }> {
  const after = query.get('last') ?? undefined;
  const said = query.get('n');
  if (said === null) return { list: await read({ after }), headers: {} };
  if (!/^\d{1,9}$/.test(said))
    throw new Problem(
      'PAGINATION_NUMBER_INVALID',
      `n: expected a number that is not negative, got ${JSON.stringify(said)}`,
    );
  const limit = Number(said);
  const found = await read({ after, limit: limit + 1 });
  const list = found.slice(0, limit);
  const last = list.at(-1);
  if (found.length <= limit || last === undefined) return { list, headers: {} };
  const next = new URLSearchParams({ n: said, last });
  return { list, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}
