import { inside } from '../disk/paths/inside.js';
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
 *     blobs/<algorithm>/<hex>                                blobs: complete, verified, never changed
 *     images/<algorithm>-<hex>                               a committed image: its descriptor, as JSON
 *     repositories/<registry>/<repository>/_tags/<tag>       a tag: the descriptor of its image, as JSON
 *     partial/<random>                                       temporary files: content that is being written
 *     partial/<algorithm>-<hex>                              content of a fetch that can be resumed
 *     locks/<algorithm>-<hex>                                lock, held while that blob is fetched
 *
 * A `:` in a registry is written `+`, which no host may contain; other characters are escaped by oci/file-name.ts.
 *
 * Names and digests may come from untrusted input. Every function here checks them and joins with `inside`, so no
 * caller can get a path outside the root. @throws ImageError INVALID, USAGE
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

/** Converts a digest to a file name. @throws ImageError INVALID */
export function digestName(digest: Digest): string {
  return parseDigest(digest).replace(':', '-');
}

export function tagFile(root: string, { registry, repository }: Reference, tag: string): string {
  // A reference is plain data, so its parts are checked again where they become a path.
  const checked = parseReference(formatReference({ registry, repository, tag }));
  return inside(
    repositoriesFolder(root),
    ...[checked.registry.replaceAll(':', '+'), ...checked.repository.split('/')].map(filePathOf),
    TAGS_FOLDER,
    filePathOf(tag),
  );
}

/** The file of a name; undefined for a reference without a tag. @throws ImageError USAGE */
export function nameFile(root: string, reference: string): string | undefined {
  const parsed = parseReference(reference);
  return parsed.tag === undefined ? undefined : tagFile(root, parsed, parsed.tag);
}

/** The reference that a path below `repositories/` stands for; undefined if it is not the path of a tag. */
export function nameOfTagFile(relative: string): string | undefined {
  const [path, tag, ...more] = relative.replaceAll('\\', '/').split(`/${TAGS_FOLDER}/`);
  if (path === undefined || tag === undefined || more.length > 0 || tag.endsWith('.partial'))
    return undefined;
  const [registry = '', ...repository] = nameOfFilePath(path).split('/');
  const host = registry.replaceAll('+', ':');
  return canonicalName(`${host}/${repository.join('/')}:${nameOfFilePath(tag)}`);
}

/** Undefined for an invalid reference, so files that are not tags are skipped. */
function canonicalName(name: string): string | undefined {
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

/** Temporary file of a fetch that can be resumed. */
export function partialFile(root: string, digest: Digest): string {
  return inside(partialFolder(root), digestName(digest));
}

export function fetchLock(root: string, digest: Digest): string {
  return inside(root, 'locks', digestName(digest));
}

/** No path component of a repository begins with `_`, so this folder is never a repository. */
const TAGS_FOLDER = '_tags';
