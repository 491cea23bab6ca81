import { isDigest } from '../../oci/digest.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { html } from '../../page/html.js';
import { comparisonPage } from './comparison-page.js';
import { frontPage } from './front-page.js';
import { imagePage } from './image-page.js';
import { registryPage, textIn, type PageRequest } from './page-request.js';
import { PAGES, SPACE } from './paths.js';
import { repositoryPage } from './repository-page.js';
import { spacePage } from './space-page.js';

export { PAGE_POLICY } from '../../page/page.js';

/** Renders a web page; undefined if the page does not exist or the user may not read it. */
export async function renderPage(request: PageRequest): Promise<string | undefined> {
  const {
    path,
    query,
    rights: { allows },
  } = request;
  if (path === '/') return frontPage(request);
  if (path === SPACE) return spacePage(request);
  const [name = '', digest] = path.slice(PAGES.length).split('@');
  if (!path.startsWith(PAGES) || !isRepository(name) || !allows('read', name)) return undefined;
  if (digest !== undefined) return isDigest(digest) ? imagePage(request, name, digest) : undefined;
  if (!query.has('one')) return repositoryPage(request, name);
  const tags = [textIn(query, 'one'), textIn(query, 'other')] as const;
  return tags.every(isTag) ? comparisonPage(request, name, tags) : undefined;
}

/** The page in place of one that does not exist, or that the user may not read. */
export function missingPage(): string {
  const body = html`<h1>Page not found</h1>
    <p>There is no such repository, image or tag, or you may not read it.</p>`;
  return registryPage('Page not found', body);
}
