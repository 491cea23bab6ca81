import { join } from 'node:path';
import { algorithmOf, hexOf, isDigest, type Digest } from '../oci/digest.js';
import { fileNameOf, nameOfFile } from '../oci/file-name.js';
import { parseReference, type Reference } from '../oci/reference.js';

/*
 * The embedded store on disk:
 *
 *   <root>/
 *     blobs/<algorithm>/<hex>                                content: whole, verified, never changed
 *     images/<algorithm>-<hex>                               a root that was committed: its descriptor, as JSON
 *     repositories/<registry>/<repository>/_tags/<tag>       a name: the descriptor of its image, as JSON
 *     partial/<random>                                       content on its way in
 *     partial/<algorithm>-<hex>                              content that is fetched, in more than one go if need be
 *     locks/<algorithm>-<hex>                                held by who fetches it
 *
 * A `:` in a registry is written `+`, which no host may contain; all else as oci/file-name.ts does.
 */
export function blobFile(root: string, digest: Digest): string {
  return join(root, 'blobs', algorithmOf(digest), hexOf(digest));
}

export function blobFolder(root: string, algorithm: string): string {
  return join(root, 'blobs', algorithm);
}

export function imagesFolder(root: string): string {
  return join(root, 'images');
}

export function imageFile(root: string, digest: Digest): string {
  return join(imagesFolder(root), digest.replace(':', '-'));
}

export function repositoriesFolder(root: string): string {
  return join(root, 'repositories');
}

export function tagFile(root: string, { registry, repository }: Reference, tag: string): string {
  return join(
    repositoriesFolder(root),
    ...[registry.replaceAll(':', '+'), ...repository.split('/')].map(fileNameOf),
    TAGS,
    fileNameOf(tag),
  );
}

/** Where a name is kept. @throws ImageError USAGE */
export function nameFile(root: string, reference: string): string {
  const parsed = parseReference(reference);
  return tagFile(root, parsed, parsed.tag ?? '');
}

/** The name that a path below `repositories/` stands for; undefined when it stands for none. */
export function nameOfTagFile(relative: string): string | undefined {
  const parts = relative.split(/[\\/]/);
  const tag = parts.pop();
  const marker = parts.pop();
  const registry = parts.shift();
  if (tag === undefined || marker !== TAGS || registry === undefined || tag.endsWith('.partial'))
    return undefined;
  const host = nameOfFile(registry).replaceAll('+', ':');
  return `${host}/${parts.map(nameOfFile).join('/')}:${nameOfFile(tag)}`;
}

export function digestOfBlobFile(algorithm: string, hex: string): Digest | undefined {
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

export function partialFolder(root: string): string {
  return join(root, 'partial');
}

/** Where content waits that is fetched in more than one go. */
export function partialFile(root: string, digest: Digest): string {
  return join(partialFolder(root), digest.replace(':', '-'));
}

export function fetchLock(root: string, digest: Digest): string {
  return join(root, 'locks', digest.replace(':', '-'));
}

/** No repository component may begin with `_`, so this never meets one. */
const TAGS = '_tags';
