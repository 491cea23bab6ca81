import { html, type Html } from '../../page/html.js';
import { page } from '../../page/page.js';
import type { Rights } from '../access/access.js';
import type { RegistryReader } from '../hosted.js';
import { searchPath } from './paths.js';

export interface PageRequest {
  readonly reader: RegistryReader;
  readonly rights: Rights;
  /** The `Host` header of the request. */
  readonly host: string;
  /** `/`, or a path below `PAGES`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Maximum length of a text to search for, in UTF-16 code units: that of a repository's name. */
const MAX_SEARCH_LENGTH = 255;

/** A field of a query without white space around it; empty when it is missing. */
export function textIn(query: URLSearchParams, field: string): string {
  return (query.get(field) ?? '').trim().slice(0, MAX_SEARCH_LENGTH);
}

/** A page of the registry, with the way back and the search for repositories above it. */
export function registryPage(
  title: string,
  body: Html,
  { name, search = '' }: { readonly name?: string; readonly search?: string } = {},
): string {
  const header = html`<nav aria-label="Path">${trail(name)}</nav>
    <form role="search" aria-label="Repositories" action="/">
      <label for="search">Search repositories</label>
      <input id="search" type="search" name="q" value="${search}" />
      <button>Search</button>
    </form>`;
  return page({ title, header, body, hasCopyButtons: true });
}

/** Links to all repositories, and to those below each part of a repository's name. */
function trail(name: string | undefined): Html {
  const parts = name?.split('/').slice(0, -1) ?? [];
  const links = parts.map((part, at) => {
    const path = `${parts.slice(0, at + 1).join('/')}/`;
    return html` / <a href="${searchPath(path)}">${part}</a>`;
  });
  return html`<a href="/">All repositories</a>${links}`;
}
