import type { Digest } from '../../oci/digest.js';

/** Path prefix of repository pages; no repository name can begin with `-`. */
export const PAGES = '/-/';

/** Path of the page about space. */
export const SPACE = `${PAGES}-space`;

/** The page of all repositories whose names contain a text. */
export function searchPath(text: string): string {
  return `/?${new URLSearchParams({ q: text }).toString()}`;
}

/** @param query makes it another page of tags, or a comparison. */
export function repositoryPath(name: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `${PAGES}${name}${text === '' ? '' : `?${text}`}`;
}

export function imagePath(name: string, digest: Digest): string {
  return `${PAGES}${name}@${digest}`;
}
