import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { MediaType } from '../../oci/media-types.js';
import { pageOf, type Page } from '../hosted.js';
import { answer, answerJson, type Exchange } from './exchange.js';
import { Problem } from '../problem.js';

/** Limits of one page of referrers: annotations may be long, so their size (bytes of JSON) is limited, too. */
const MAX_REFERRERS = 500;
const MAX_REFERRERS_BYTES = 1024 * 1024;

export async function sendCatalog(exchange: Exchange): Promise<void> {
  const { list, headers } = await readPage(exchange, '/v2/_catalog', async (page) => {
    const all = await exchange.reader.repositories();
    return pageOf(
      all.filter((name) => exchange.rights.allows('read', name)),
      page,
    );
  });
  answerJson(exchange, { repositories: list }, headers);
}

export async function sendTags(exchange: Exchange, name: string): Promise<void> {
  const { list, headers } = await readPage(exchange, `/v2/${name}/tags/list`, async (page) => {
    const tags = await exchange.reader.tags(name, page, { signal: exchange.signal });
    if (tags) return tags;
    throw new Problem('NAME_UNKNOWN', `no repository ${name}`);
  });
  answerJson(exchange, { name, tags: list }, headers);
}

/** Answers an index of the referrers of a manifest, whether that manifest exists or not (§ Listing Referrers). */
export async function sendReferrers(
  exchange: Exchange,
  name: string,
  digest: Digest,
): Promise<void> {
  const type = exchange.query.get('artifactType');
  const after = exchange.query.get('last') ?? undefined;
  const wanted = { after, artifactType: type ?? undefined, signal: exchange.signal };
  const page = await firstPage(exchange.reader.referrers(name, digest, wanted));
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

/** Takes as many descriptors as fit on a page, at least one, as JSON. `last` is set if more follow. */
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
    const isFull = texts.length >= MAX_REFERRERS || size > MAX_REFERRERS_BYTES;
    if (isFull && last !== undefined) return { texts, last };
    texts.push(text);
    last = each.digest;
  }
  return { texts };
}

/** Reads the page that `n` and `last` select (§ Listing Tags). @returns its entries and the `Link` to the next page */
async function readPage(
  { query }: Exchange,
  path: string,
  read: (page: Page) => Promise<readonly string[]>,
): Promise<{ readonly list: readonly string[]; readonly headers: Record<string, string> }> {
  const after = query.get('last') ?? undefined;
  const count = query.get('n');
  if (count === null) return { list: await read({ after }), headers: {} };
  if (!/^\d{1,9}$/.test(count))
    throw new Problem(
      'PAGINATION_NUMBER_INVALID',
      `n: ${JSON.stringify(count)} is not a number of results`,
    );
  const limit = Number(count);
  const found = await read({ after, limit: limit + 1 });
  const list = found.slice(0, limit);
  const last = list.at(-1);
  if (found.length <= limit || last === undefined) return { list, headers: {} };
  const next = new URLSearchParams({ n: count, last });
  return { list, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}
