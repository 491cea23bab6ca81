import { artifactTypeOf } from '../../oci/manifest.js';
import { copyable, shortDigest } from '../../page/copyable.js';
import { minute } from '../../page/figures.js';
import { amount, html, type Html } from '../../page/html.js';
import { table } from '../../page/table.js';
import { Documents } from './documents.js';
import { readImageFacts, type ImageFacts } from './image-facts.js';
import { registryPage, textIn, type PageRequest } from './page-request.js';
import { imagePath, repositoryPath } from './paths.js';
import { isAfter, sortTags } from './sort-tags.js';

/** Maximum number of tags on a page. */
const TAGS_PER_PAGE = 100;

/**
 * The page of a repository: its tags, the newest version first; undefined when it does not exist. Only the manifests of
 * the tags on the page are read.
 */
export async function repositoryPage(
  { reader, host, query }: PageRequest,
  name: string,
): Promise<string | undefined> {
  const all = await reader.tags(name);
  if (!all) return undefined;
  const search = textIn(query, 'q');
  const last = query.get('last');
  const found = all.filter((tag) => tag.toLowerCase().includes(search.toLowerCase()));
  const rest = sortTags(last === null ? found : found.filter((tag) => isAfter(tag, last)));
  const tags = rest.slice(0, TAGS_PER_PAGE);
  const documents = new Documents(reader, name);
  const rows = await Promise.all(
    tags.map(async (tag) => tagRow(name, host, tag, await readImageFacts(documents, tag))),
  );
  const numbers = { first: found.length - rest.length + 1, shown: tags.length };
  return registryPage(
    name,
    html`<h1>${name}</h1>
      ${tagSearch(search)}
      ${tags.length === 0
        ? html`<p>No tags${search === '' ? '' : html` with <code>${search}</code>`}.</p>`
        : table({
            caption: captionOf(found.length, numbers),
            columns: ['Tag', 'Digest', '#Created', 'Platforms', '#Size', 'Pull'],
            rows,
          })}
      ${pageLinks(name, {
        search,
        last,
        next: rest.length > tags.length ? tags.at(-1) : undefined,
      })}
      ${all.length < 2 ? undefined : comparisonForm(tags)}`,
    { name },
  );
}

function captionOf(
  all: number,
  { first, shown }: { readonly first: number; readonly shown: number },
): string {
  if (shown === all) return all === 1 ? '1 tag' : `${all} tags`;
  return `Tags ${first} to ${first + shown - 1} of ${all}`;
}

function tagSearch(search: string): Html {
  return html`<form role="search" aria-label="Tags">
    <label for="tags">Find tags</label>
    <input id="tags" type="search" name="q" value="${search}" />
    <button>Find</button>
  </form>`;
}

function pageLinks(
  name: string,
  { search, last, next }: { search: string; last: string | null; next: string | undefined },
): Html | undefined {
  const query = search === '' ? {} : { q: search };
  const links = [
    ...(last === null ? [] : [html`<a href="${repositoryPath(name, query)}">First tags</a> `]),
    ...(next === undefined
      ? []
      : [
          html`<a rel="next" href="${repositoryPath(name, { ...query, last: next })}"
            >More tags</a
          >`,
        ]),
  ];
  return links.length === 0 ? undefined : html`<nav aria-label="Pages">${links}</nav>`;
}

/** Two tags are typed, with those of the page as proposals: a list of all could be very long. */
function comparisonForm(tags: readonly string[]): Html {
  const field = (name: string, label: string) =>
    html`<label for="${name}">${label}</label>
      <input id="${name}" name="${name}" list="shown" required />`;
  return html`<h2 id="compare">Compare two tags</h2>
    <form aria-labelledby="compare">
      ${field('one', 'Tag')} ${field('other', 'with')}
      <datalist id="shown">${tags.map((tag) => html`<option value="${tag}"></option>`)}</datalist>
      <button>Compare</button>
    </form>`;
}

function tagRow(name: string, host: string, tag: string, facts: ImageFacts | undefined): Html {
  const reference = `${host}/${name}:${tag}`;
  const type = facts && artifactTypeOf(facts.manifest);
  const pull = copyable(
    type === undefined ? `docker pull ${reference}` : `stowage copy ${reference} artifact.tar`,
  );
  if (!facts)
    return html`<tr>
      <th scope="row">${tag}</th>
      <td colspan="4" class="soft">cannot be read</td>
      <td>${pull}</td>
    </tr>`;
  const { descriptor, platforms, size, created } = facts;
  return html`<tr>
    <th scope="row"><a href="${imagePath(name, descriptor.digest)}">${tag}</a></th>
    <td>${shortDigest(descriptor.digest)}</td>
    <td class="number">${created === undefined ? '–' : minute(created)}</td>
    <td>${type ?? platforms.join(', ')}</td>
    <td class="number">${amount(size)}</td>
    <td>${pull}</td>
  </tr> `;
}
