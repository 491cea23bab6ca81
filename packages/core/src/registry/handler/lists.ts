import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { paged, type Page } from '../hosted.js';
import { answer, answerJson, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';

/** Referrers on one page: their annotations may be long, so their size (bytes of JSON) is bounded, too. */
const REFERRERS = 500;
const REFERRERS_BYTES = 1024 * 1024;

export async function sendCatalog(exchange: Exchange): Promise<void> {
  const { list, headers } = await pageOf(exchange, '/v2/_catalog', async (page) => {
    const all = await exchange.hosted.repositories();
    return paged(
      all.filter((name) => exchange.rights.may('read', name)),
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

/** An index of the manifests that refer to one, whether that one is there or not. */
export async function sendReferrers(
  exchange: Exchange,
  name: string,
  digest: Digest,
): Promise<void> {
  const type = exchange.query.get('artifactType');
  const after = exchange.query.get('last') ?? undefined;
  const wanted = { after, artifactType: type ?? undefined, signal: exchange.signal };
  const page = await firstPage(exchange.hosted.referrers(name, digest, wanted));
  const query =
    page.last === undefined
      ? undefined
      : new URLSearchParams({ ...(type === null ? {} : { artifactType: type }), last: page.last });
  const body = `{"schemaVersion":2,"mediaType":"${MediaType.index}","manifests":[${page.texts.join(',')}]}`;
  const headers = {
    'content-type': MediaType.index,
    ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(query ? { link: `</v2/${name}/referrers/${digest}?${query.toString()}>; rel="next"` } : {}),
  };
  answer(exchange, 200, headers, body);
}

/** As many descriptors as fit, at least one, as JSON. `last` is set where more follow. */
async function firstPage(all: AsyncIterable<Descriptor>): Promise<{
  readonly texts: readonly string[];
  readonly last?: string;
}> {
  const texts: string[] = [];
  let size = 0;
  let last: string | undefined;
  for await (const each of all) {
    const text = JSON.stringify(each);
    size += Buffer.byteLength(text);
    const isFull = texts.length >= REFERRERS || size > REFERRERS_BYTES;
    if (isFull && last !== undefined) return { texts, last };
    texts.push(text);
    last = each.digest;
  }
  return { texts };
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
