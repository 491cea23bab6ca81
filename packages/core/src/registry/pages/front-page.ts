import { copyable } from '../../page/copyable.js';
import { html, type Html } from '../../page/html.js';
import { registryPage, textIn, type PageRequest } from './page-request.js';
import { SPACE } from './paths.js';
import { repositoryTree } from './repository-tree.js';

/** Maximum number of repositories on a page. */
const REPOSITORIES_PER_PAGE = 500;

/** The page of all repositories that a user may read, or of those whose names contain a text. */
export async function frontPage(request: PageRequest): Promise<string> {
  const { host, query } = request;
  const search = textIn(query, 'q');
  const found = await readableRepositories(request, search);
  const last = query.get('last') ?? '';
  const rest = found.filter((name) => name > last);
  const names = rest.slice(0, REPOSITORIES_PER_PAGE);
  const next = rest.length > names.length ? names.at(-1) : undefined;
  return registryPage(
    search === '' ? host : `${search} · ${host}`,
    html`<h1>Registry <code>${host}</code></h1>
      ${found.length === 0 ? nothing(search, host) : headOf(found.length, search)}
      ${repositoryTree(names)} ${next === undefined ? undefined : moreLink(search, next)}`,
    { search },
  );
}

/** The repositories that a user may read whose names contain a text, sorted. */
export async function readableRepositories(
  { reader, rights: { allows } }: PageRequest,
  search: string,
): Promise<readonly string[]> {
  const wanted = search.toLowerCase();
  const all = await reader.repositories();
  return all.filter((name) => name.includes(wanted) && allows('read', name));
}

/** A number of repositories in words. */
export function counted(repositories: number): string {
  return repositories === 1 ? '1 repository' : `${repositories} repositories`;
}

function headOf(count: number, search: string): Html {
  const query = search === '' ? '' : `?${new URLSearchParams({ q: search }).toString()}`;
  return html`<p class="soft">
    ${counted(count)}${search === '' ? '' : html` with <code>${search}</code>`} ·
    <a href="${SPACE}${query}">Space by repository</a>
  </p>`;
}

function nothing(search: string, host: string): Html {
  if (search !== '') return html`<p>No repository has <code>${search}</code> in its name.</p>`;
  return html`<p>
    There are no repositories yet. Push an image: ${copyable(`stowage push app.tar --to ${host}`)}
  </p>`;
}

function moreLink(search: string, last: string): Html {
  const query = new URLSearchParams({ ...(search === '' ? {} : { q: search }), last });
  return html`<nav aria-label="Pages">
    <a rel="next" href="/?${query.toString()}">More repositories</a>
  </nav>`;
}
