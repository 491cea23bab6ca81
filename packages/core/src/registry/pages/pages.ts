import { isDigest, type Digest } from '../../oci/digest.js';
import { isRepository } from '../../oci/reference.js';
import type { RegistryReader } from '../hosted.js';
import type { Rights } from '../access/access.js';
import { amount, html, page, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { readImageFacts, type ImageFacts } from './image-facts.js';

/** Path prefix of repository pages; no repository name can begin with `-`. */
export const PAGES = '/-/';

export interface PageRequest {
  readonly reader: RegistryReader;
  readonly rights: Rights;
  /** The `Host` header of the request. */
  readonly host: string;
  /** `/`, or a path below {@link PAGES}. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Maximum number of tags on a page. */
const TAGS_PER_PAGE = 100;
/** Maximum number of referrers on a page. */
const MAX_REFERRERS = 100;
/** Shared layers are counted among the images of this many tags of a repository. */
const MAX_COMPARED_TAGS = 300;

/** Renders a web page; undefined if the page does not exist or the user may not read it. */
export async function renderPage(request: PageRequest): Promise<string | undefined> {
  const {
    path,
    rights: { allows },
  } = request;
  if (path === '/') return frontPage(request);
  const [name = '', digest] = path.slice(PAGES.length).split('@');
  if (!path.startsWith(PAGES) || !isRepository(name) || !allows('read', name)) return undefined;
  if (digest === undefined) return repositoryPage(request, name);
  return isDigest(digest) ? imagePage(request, name, digest) : undefined;
}

async function frontPage({ reader, rights: { allows }, host }: PageRequest): Promise<string> {
  const names = (await reader.repositories()).filter((name) => allows('read', name));
  const rows = names.map((name) => html`<li><a href="${PAGES}${name}">${name}</a></li>`);
  return page(
    host,
    html`<h1>Registry <code>${host}</code></h1>
      ${names.length === 0
        ? html`<p>
            There are no repositories yet. Push an image:
            <code>stowage push app.tar --to ${host}</code>
          </p>`
        : html`<p class="soft">${names.length} repositories</p>
            <ul>
              ${rows}
            </ul>`}`,
  );
}

async function repositoryPage(
  { reader, host, query }: PageRequest,
  name: string,
): Promise<string | undefined> {
  const after = query.get('last') ?? undefined;
  const found = await reader.tags(name, { after, limit: TAGS_PER_PAGE + 1 });
  if (!found) return undefined;
  const tags = found.slice(0, TAGS_PER_PAGE);
  const rows = await Promise.all(
    tags.map(async (tag) => tagRow(name, host, tag, await readImageFacts(reader, name, tag))),
  );
  const last = tags.at(-1);
  const more =
    found.length > TAGS_PER_PAGE && last !== undefined
      ? html`<p><a rel="next" href="?last=${encodeURIComponent(last)}">More tags</a></p>`
      : undefined;
  return page(
    name,
    html`<nav aria-label="Path"><a href="/">All repositories</a></nav>
      <h1>${name}</h1>
      ${table({
        caption: tags.length === 0 ? 'No tags' : 'Tags',
        columns: ['Tag', 'Platforms', '#Size', 'Pull'],
        rows,
      })}
      ${more}`,
  );
}

function tagRow(name: string, host: string, tag: string, facts: ImageFacts | undefined): Html {
  const pull = html`<code>docker pull ${host}/${name}:${tag}</code>`;
  if (!facts)
    return html`<tr>
      <th scope="row">${tag}</th>
      <td colspan="2" class="soft">cannot be read</td>
      <td>${pull}</td>
    </tr>`;
  const { descriptor, platforms, size } = facts;
  return html`<tr>
    <th scope="row"><a href="${PAGES}${name}@${descriptor.digest}">${tag}</a></th>
    <td>${platforms.join(', ')}</td>
    <td class="number">${amount(size)}</td>
    <td>${pull}</td>
  </tr> `;
}

async function imagePage(
  { reader, host }: PageRequest,
  name: string,
  digest: Digest,
): Promise<string | undefined> {
  const facts = await readImageFacts(reader, name, digest);
  if (!facts) return undefined;
  const { images, size, descriptor } = facts;
  const users = await usersOfLayers(reader, name);
  const countUsers = (layer: Digest): number => users.get(layer)?.size ?? 0;
  return page(
    `${name}@${digest.slice(0, 19)}`,
    html`<nav aria-label="Path">
        <a href="/">All repositories</a> / <a href="${PAGES}${name}">${name}</a>
      </nav>
      <h1>${name}</h1>
      <p><code>${digest}</code></p>
      <p>
        ${amount(size)}, of which ${amount(sharedBytes(facts, countUsers))} in layers shared with
        other images of this repository. <span class="soft">${descriptor.mediaType}</span>
      </p>
      <p><code>docker pull ${host}/${name}@${digest}</code></p>
      <p><code>stowage load ${host}/${name}@${digest}</code></p>
      ${images.map((image) => layerTable(image, countUsers))}
      ${await referrerList(reader, name, digest)}`,
  );
}

/** Size of the layers that other images use, too, in bytes; each layer counts once. */
function sharedBytes({ images }: ImageFacts, countUsers: (layer: Digest) => number): number {
  const shared = new Map<Digest, number>();
  for (const { manifest } of images)
    for (const { digest, size } of manifest.layers)
      if (countUsers(digest) > 1) shared.set(digest, size);
  return [...shared.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function layerTable(
  { platform, manifest }: ImageFacts['images'][number],
  countUsers: (layer: Digest) => number,
): Html {
  return table({
    caption: `Layers${platform === '' ? '' : ` of ${platform}`}`,
    columns: ['Layer', 'Type', '#Size', '#Images using it'],
    rows: manifest.layers.map(
      ({ digest, mediaType, size }) =>
        html`<tr>
          <td><code>${digest}</code></td>
          <td class="soft">${mediaType}</td>
          <td class="number">${amount(size)}</td>
          <td class="number">${countUsers(digest) || 1}</td>
        </tr> `,
    ),
  });
}

async function referrerList(
  reader: RegistryReader,
  name: string,
  digest: Digest,
): Promise<Html | undefined> {
  const items: Html[] = [];
  let isMore = false;
  for await (const { digest: referrer, artifactType, mediaType, size } of reader.referrers(
    name,
    digest,
  )) {
    isMore = items.length === MAX_REFERRERS;
    if (isMore) break;
    items.push(
      html`<li>
        <a href="${PAGES}${name}@${referrer}">${artifactType ?? mediaType}</a>
        <span class="soft">${amount(size)}</span>
      </li>`,
    );
  }
  if (items.length === 0) return undefined;
  return html`<h2>Referrers</h2>
    <ul>
      ${items}
    </ul>
    ${isMore ? html`<p class="soft">More referrers are not shown.</p>` : undefined}`;
}

/** Maps each layer to the digests of the tagged images that use it. */
async function usersOfLayers(
  reader: RegistryReader,
  name: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const users = new Map<string, Set<string>>();
  for (const tag of (await reader.tags(name, { limit: MAX_COMPARED_TAGS })) ?? []) {
    const facts = await readImageFacts(reader, name, tag);
    for (const { manifest } of facts?.images ?? [])
      for (const { digest } of manifest.layers)
        users.set(digest, (users.get(digest) ?? new Set()).add(facts?.descriptor.digest ?? ''));
  }
  return users;
}
