import { sep } from 'node:path';
import { inside } from '../../disk/paths/inside.js';
import { ImageError } from '../../errors.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { filePathOf } from '../../oci/file-name.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { digestName, repositoriesFolder } from '../../store/paths.js';
import { Recent } from '../recent.js';

/*
 * A registry on disk (the folders of blobs and temporary files are those of store/paths.ts):
 *
 *   <root>/
 *     blobs/<algorithm>/<hex>                                      blobs: complete, verified, never changed
 *     repositories/<name>/_blobs/<algorithm>-<hex>                 marker: this repository holds that blob
 *     repositories/<name>/_manifests/<algorithm>-<hex>             a manifest: its descriptor, subject and children, as JSON
 *     repositories/<name>/_referrers/<algorithm>-<hex>/<…>-<hex>   marker: the second manifest refers to the first
 *     repositories/<name>/_tags/<tag>                              a tag: the digest of its manifest
 *     repositories/<name>/_uploads/<id>.<process>                  an upload, by the process that writes it
 *     repositories/<name>/_trash/, trash/                          being deleted; restored if marked as in use
 *     quarantine/<algorithm>-<hex>                                 damaged blobs
 *     upkeep/collected, upkeep/scrubbed                            markers: when garbage was last collected, content verified
 *
 * No path component of a repository begins with `_`; oci/file-name.ts escapes names.
 *
 * Repositories, tags and digests may come from untrusted input. Every function here checks them and joins with
 * `inside`, so no caller can get a path outside the root. Only names that cannot hold a separator are appended: those of
 * the `_` folders, and of digests (`digestName`). @throws ImageError INVALID
 */
export function repositoryFolder(root: string, repository: string): string {
  const known = folders.get(repository);
  if (known?.root === root) return known.folder;
  if (!isRepository(repository)) throw invalidName(root, 'a repository', repository);
  const folder = inside(repositoriesFolder(root), ...repository.split('/').map(filePathOf));
  folders.set(repository, { root, folder });
  return folder;
}

/** Folders of repositories in use: checking a name and making its path takes longer than a look at the file system. */
const folders = new Recent<string, { readonly root: string; readonly folder: string }>(1000);

export function linkFolder(
  root: string,
  repository: string,
  kind: '_blobs' | '_manifests' | '_referrers' | '_tags' | '_trash' | '_uploads',
): string {
  return `${repositoryFolder(root, repository)}${sep}${kind}`;
}

/** Converts a link's file name to its digest; undefined for other files, for example temporary ones. */
export function digestOfLink(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

export function blobLink(root: string, repository: string, digest: Digest): string {
  return `${linkFolder(root, repository, '_blobs')}${sep}${digestName(digest)}`;
}

export function manifestLink(root: string, repository: string, digest: Digest): string {
  return `${linkFolder(root, repository, '_manifests')}${sep}${digestName(digest)}`;
}

export function tagLink(root: string, repository: string, tag: string): string {
  if (!isTag(tag)) throw invalidName(root, 'a tag', tag);
  return inside(linkFolder(root, repository, '_tags'), filePathOf(tag));
}

/** The folder of links to the manifests that refer to `subject`. */
export function referrersFolder(root: string, repository: string, subject: Digest): string {
  return inside(linkFolder(root, repository, '_referrers'), digestName(subject));
}

export function referrerLink(
  root: string,
  repository: string,
  { subject, digest }: { readonly subject: Digest; readonly digest: Digest },
): string {
  return inside(referrersFolder(root, repository, subject), digestName(digest));
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;

/** The file of an upload. @param writer the process that writes it. */
export function uploadFile(
  root: string,
  repository: string,
  { id, writer }: { readonly id: string; readonly writer: string },
): string {
  if (!UPLOAD_ID.test(id)) throw invalidName(root, 'the ID of an upload', id);
  return inside(linkFolder(root, repository, '_uploads'), `${id}.${writer}`);
}

/** The file in the trash for a blob, or for a repository's link to it, until it is known to be unused. */
export function trashFile(root: string, digest: Digest, repository?: string): string {
  return inside(
    repository === undefined ? trashFolder(root) : linkFolder(root, repository, '_trash'),
    digestName(digest),
  );
}

export function trashFolder(root: string): string {
  return inside(root, 'trash');
}

export function quarantineFile(root: string, digest: Digest): string {
  return inside(quarantineFolder(root), digestName(digest));
}

export function quarantineFolder(root: string): string {
  return inside(root, 'quarantine');
}

/** The file whose modification time says when this was last done. */
export function doneFile(root: string, what: 'collected' | 'scrubbed' | 'pruned'): string {
  return inside(root, 'upkeep', what);
}

function invalidName(root: string, expected: string, got: string): ImageError {
  return new ImageError('INVALID', `${root}: expected ${expected}, got ${JSON.stringify(got)}`, {
    location: root,
  });
}
