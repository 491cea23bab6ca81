import { inside } from '../disk/inside.js';
import {
  algorithmOf,
  hexOf,
  isDigest,
  parseDigest,
  type Algorithm,
  type Digest,
} from '../oci/digest.js';
import { filePathOf, nameOfFilePath } from '../oci/file-name.js';
import { formatReference, parseReference, type Reference } from '../oci/reference.js';

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
 *
 * Names and digests may come from elsewhere. Every function here checks them and joins with `inside`, so no caller can
 * get a path outside the root. @throws ImageError INVALID, USAGE
 */
export function blobFile(root: string, digest: Digest): string {
  const checked = parseDigest(digest);
  return inside(root, 'blobs', algorithmOf(checked), hexOf(checked));
}

export function blobFolder(root: string, algorithm: Algorithm): string {
  return inside(root, 'blobs', algorithm);
}

export function imagesFolder(root: string): string {
  return inside(root, 'images');
}

export function imageFile(root: string, digest: Digest): string {
  return inside(imagesFolder(root), digestName(digest));
}

export function repositoriesFolder(root: string): string {
  return inside(root, 'repositories');
}

/** A digest as the name of a file. @throws ImageError INVALID */
export function digestName(digest: Digest): string {
  return parseDigest(digest).replace(':', '-');
}

export function tagFile(root: string, { registry, repository }: Reference, tag: string): string {
  // A reference is plain data, so its parts are checked again where they become a path.
  const checked = parseReference(formatReference({ registry, repository, tag }));
  return inside(
    repositoriesFolder(root),
    ...[checked.registry.replaceAll(':', '+'), ...checked.repository.split('/')].map(filePathOf),
    TAGS,
    filePathOf(tag),
  );
}

/** Where a name is kept; undefined for one that is only a digest. @throws ImageError USAGE */
export function nameFile(root: string, reference: string): string | undefined {
  const parsed = parseReference(reference);
  return parsed.tag === undefined ? undefined : tagFile(root, parsed, parsed.tag);
}

/** The name that a path below `repositories/` stands for; undefined when it stands for none. */
export function nameOfTagFile(relative: string): string | undefined {
  const [path, tag, ...more] = relative.replaceAll('\\', '/').split(`/${TAGS}/`);
  if (path === undefined || tag === undefined || more.length > 0 || tag.endsWith('.partial'))
    return undefined;
  const [registry = '', ...repository] = nameOfFilePath(path).split('/');
  const host = registry.replaceAll('+', ':');
  return usable(`${host}/${repository.join('/')}:${nameOfFilePath(tag)}`);
}

/** Undefined for what is no name, so a file that something else left there is passed over. */
function usable(name: string): string | undefined {
  try {
    return formatReference(parseReference(name));
  } catch {
    return undefined;
  }
}

export function digestOfBlobFile(algorithm: string, hex: string): Digest | undefined {
  const digest = `${algorithm}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

export function partialFolder(root: string): string {
  return inside(root, 'partial');
}

/** Where content waits that is fetched in more than one go. */
export function partialFile(root: string, digest: Digest): string {
  return inside(partialFolder(root), digestName(digest));
}

export function fetchLock(root: string, digest: Digest): string {
  return inside(root, 'locks', digestName(digest));
}

/** No component of a repository begins with `_`, so this folder is never one of them. */
const TAGS = '_tags';
