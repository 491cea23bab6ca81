import { join } from 'node:path';
import { isDigest, type Digest } from '../oci/digest.js';
import { fileNameOf } from '../oci/file-name.js';
import { repositoriesFolder } from './paths.js';

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
 */
export function repositoryFolder(root: string, repository: string): string {
  return join(repositoriesFolder(root), ...repository.split('/').map(fileNameOf));
}

export function linkFolder(
  root: string,
  repository: string,
  kind: '_blobs' | '_manifests' | '_referrers' | '_tags' | '_trash' | '_uploads',
): string {
  return join(repositoryFolder(root, repository), kind);
}

export function linkName(digest: Digest): string {
  return digest.replace(':', '-');
}

/** Undefined for what is no link: something that was being written, for example. */
export function digestOfLink(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

export function blobLink(root: string, repository: string, digest: Digest): string {
  return join(linkFolder(root, repository, '_blobs'), linkName(digest));
}

export function manifestLink(root: string, repository: string, digest: Digest): string {
  return join(linkFolder(root, repository, '_manifests'), linkName(digest));
}

export function tagLink(root: string, repository: string, tag: string): string {
  return join(linkFolder(root, repository, '_tags'), fileNameOf(tag));
}

export function referrersFolder(root: string, repository: string, subject: Digest): string {
  return join(linkFolder(root, repository, '_referrers'), linkName(subject));
}

/** Where a blob, or a repository's link to it, lies until it is certain that nobody wants it. */
export function trashFile(root: string, digest: Digest, repository?: string): string {
  return repository === undefined
    ? join(root, 'trash', linkName(digest))
    : join(linkFolder(root, repository, '_trash'), linkName(digest));
}

export function quarantineFolder(root: string): string {
  return join(root, 'quarantine');
}
