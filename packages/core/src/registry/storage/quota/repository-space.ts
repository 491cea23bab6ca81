import { lstat } from 'node:fs/promises';
import { ignoreMissing, namesIn } from '../../../disk/if-there.js';
import { blobFile } from '../../../store/paths.js';
import type { RepositorySpace } from '../../hosted.js';
import { digestOfLink, linkFolder } from '../registry-paths.js';

/** Number of concurrent `lstat` calls. */
const CONCURRENCY = 64;

/** Measures the blobs of a repository of a registry's folder; undefined when it has more than `most`. */
export async function spaceOf(
  root: string,
  repository: string,
  most: number,
): Promise<RepositorySpace | undefined> {
  const links = await namesIn(root, linkFolder(root, repository, '_blobs'));
  const digests = links.flatMap((name) => digestOfLink(name) ?? []);
  if (digests.length > most) return undefined;
  let bytes = 0;
  for (let at = 0; at < digests.length; at += CONCURRENCY) {
    const some = digests.slice(at, at + CONCURRENCY);
    const found = await Promise.all(
      some.map((digest) => ignoreMissing(() => lstat(blobFile(root, digest)))),
    );
    for (const info of found) bytes += info?.size ?? 0;
  }
  return { bytes, blobs: digests.length };
}
