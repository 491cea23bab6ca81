import { inside } from '../../disk/inside.js';
import { ImageError } from '../../errors.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { filePathOf } from '../../oci/file-name.js';
import { isRepository, isTag } from '../../oci/reference.js';
import { digestName, repositoriesFolder } from '../../store/paths.js';

/*
 * What a registry keeps on disk, beside the folders of content in paths.ts:
 *
 *   <root>/
 *     blobs/<algorithm>/<hex>                                      content: whole, verified, never changed
 *     repositories/<name>/_blobs/<algorithm>-<hex>                 this repository holds that content
 *     repositories/<name>/_manifests/<algorithm>-<hex>             …as a manifest: its descriptor and its children, as JSON
 *     repositories/<name>/_referrers/<algorithm>-<hex>/<…>-<hex>   a manifest of this repository refers to that one
 *     repositories/<name>/_tags/<tag>                              a name: the digest of its manifest
 *     repositories/<name>/_uploads/<id>.<process>                  content on its way in
 *     repositories/<name>/_trash/, trash/                          on its way out, unless somebody wants it after all
 *     quarantine/<algorithm>-<hex>                                 content that was found damaged
 *
 * No component of a repository's name begins with `_`; names are written as oci/file-name.ts does.
 *
 * Repositories, tags and digests may come from another registry. Every function here checks them and joins with
 * `inside`, so no caller can get a path outside the root. @throws ImageError INVALID
 */
export function repositoryFolder(root: string, repository: string): string {
  if (!isRepository(repository)) throw invalid(root, 'a repository', repository);
  return inside(repositoriesFolder(root), ...repository.split('/').map(filePathOf));
}

export function linkFolder(
  root: string,
  repository: string,
  kind: '_blobs' | '_manifests' | '_referrers' | '_tags' | '_trash' | '_uploads',
): string {
  return inside(repositoryFolder(root, repository), kind);
}

/** Undefined for a file that is no link, for example one that is being written. */
export function digestOfLink(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

export function blobLink(root: string, repository: string, digest: Digest): string {
  return inside(linkFolder(root, repository, '_blobs'), digestName(digest));
}

export function manifestLink(root: string, repository: string, digest: Digest): string {
  return inside(linkFolder(root, repository, '_manifests'), digestName(digest));
}

export function tagLink(root: string, repository: string, tag: string): string {
  if (!isTag(tag)) throw invalid(root, 'a tag', tag);
  return inside(linkFolder(root, repository, '_tags'), filePathOf(tag));
}

/** Where links to the manifests are that refer to `subject`. */
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
  if (!UPLOAD_ID.test(id)) throw invalid(root, 'the ID of an upload', id);
  return inside(linkFolder(root, repository, '_uploads'), `${id}.${writer}`);
}

/** Where a blob, or a repository's link to it, lies until it is certain that nobody wants it. */
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
  return inside(root, 'quarantine', digestName(digest));
}

function invalid(root: string, expected: string, got: string): ImageError {
  return new ImageError('INVALID', `${root}: expected ${expected}, got ${JSON.stringify(got)}`, {
    location: root,
  });
}
