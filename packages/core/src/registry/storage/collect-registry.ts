import { join } from 'node:path';
import { allocatedBytes, allocatedBytesOf, statIfExists } from '../../disk/allocated.js';
import { rm } from '../../disk/busy/retried.js';
import { ALGORITHMS, type Digest } from '../../oci/digest.js';
import type { StoredManifest } from '../hosted.js';
import type { CallOptions } from '../../transfer/store.js';
import {
  blobLink,
  digestOfLink,
  doneFile,
  linkFolder,
  referrersFolder,
  trashFile,
  trashFolder,
} from './registry-paths.js';
import { removeEmptyFolders } from './empty-folders.js';
import { repositoriesIn } from './list-repositories.js';
import { RegistryStore } from './registry-store.js';
import { makeLink, moveBack, sweep } from './links.js';
import { ignoreMissing, namesIn } from '../../disk/if-there.js';
import { blobFile, blobFolder, digestOfBlobFile, partialFolder } from '../../store/paths.js';

export interface CollectGarbageOptions extends CallOptions {
  /** The current time, in milliseconds since 1970. */
  readonly now: number;
  /** Content marked as in use within this time (ms) is kept: it may belong to a running push. */
  readonly grace: number;
  /** An upload that received nothing for this long (ms) is deleted. */
  readonly uploadGrace: number;
  /** Reports garbage without deleting it. */
  readonly dryRun?: boolean | undefined;
}

/** The deleted garbage; in a dry run, the garbage that would be deleted. */
export interface CollectedGarbage {
  readonly blobs: readonly Digest[];
  readonly uploads: number;
  /** Disk space of the deleted files. */
  readonly freedBytes: number;
}

/**
 * Deletes content that no manifest of a registry references (mark and sweep), also while the registry is running. Content
 * that any process marked as in use within the grace is kept.
 */
export async function collectGarbage(
  root: string,
  { now, grace, uploadGrace, dryRun = false, signal }: CollectGarbageOptions,
): Promise<CollectedGarbage> {
  const store = new RegistryStore(root);
  const sweeping = { root, dryRun, before: now - grace };
  const needed = new Set<Digest>();
  let uploads = 0;
  let freedByFiles = 0;
  if (!dryRun) await restore(root, trashFolder(root), (digest) => blobFile(root, digest));
  for (const { name: repository } of await repositoriesIn(root)) {
    signal?.throwIfAborted();
    if (!dryRun)
      await restore(root, linkFolder(root, repository, '_trash'), (digest) =>
        blobLink(root, repository, digest),
      );
    const own = await referencedBy(store, root, repository);
    for (const digest of await sweepLinks(repository, own, sweeping)) needed.add(digest);
    const folder = linkFolder(root, repository, '_uploads');
    const abandoned = await filesOlderThan(root, folder, now - uploadGrace);
    uploads += abandoned.length;
    freedByFiles += await removeFiles(abandoned, dryRun);
    if (!dryRun) await removeStaleReferrers(store, root, repository);
  }
  const partial = await filesOlderThan(root, partialFolder(root), now - uploadGrace);
  freedByFiles += await removeFiles(partial, dryRun);
  if (!dryRun) await removeEmptyFolders(root, sweeping.before);
  const { blobs, freedBytes } = await sweepBlobs(needed, { ...sweeping, signal });
  if (!dryRun) await makeLink(doneFile(root, 'collected'), { privateTo: root });
  return { blobs, uploads, freedBytes: freedByFiles + freedBytes };
}

interface Sweeping extends CallOptions {
  readonly root: string;
  readonly dryRun: boolean;
  /** Content marked as in use at this time (ms since 1970) or later is kept. */
  readonly before: number;
}

/** Deletes links to blobs that a repository does not reference. @returns the digests of the links that are kept */
async function sweepLinks(
  repository: string,
  referenced: ReadonlySet<Digest>,
  { root, dryRun, before }: Sweeping,
): Promise<Digest[]> {
  const kept: Digest[] = [];
  for (const name of await namesIn(root, linkFolder(root, repository, '_blobs'))) {
    const digest = digestOfLink(name);
    if (digest === undefined) continue;
    const path = blobLink(root, repository, digest);
    const isOld = ((await statIfExists(path))?.mtimeMs ?? Infinity) < before;
    const trash = trashFile(root, digest, repository);
    const isSwept =
      isOld &&
      !referenced.has(digest) &&
      (dryRun || (await sweep(path, trash, { before, privateTo: root })) !== undefined);
    if (!isSwept) kept.push(digest);
  }
  return kept;
}

/** Deletes blobs to which no link was kept. */
async function sweepBlobs(
  needed: ReadonlySet<Digest>,
  { root, dryRun, before, signal }: Sweeping,
): Promise<Pick<CollectedGarbage, 'blobs' | 'freedBytes'>> {
  const blobs: Digest[] = [];
  let freedBytes = 0;
  for (const algorithm of ALGORITHMS)
    for (const name of await namesIn(root, blobFolder(root, algorithm))) {
      signal?.throwIfAborted();
      const digest = digestOfBlobFile(algorithm, name);
      if (digest === undefined || needed.has(digest)) continue;
      const path = blobFile(root, digest);
      const freed = dryRun
        ? await freeableBytes(path, before)
        : await sweep(path, trashFile(root, digest), { before, privateTo: root });
      if (freed === undefined) continue;
      blobs.push(digest);
      freedBytes += freed;
    }
  return { blobs, freedBytes };
}

/** @returns the disk space of the files, in bytes */
async function removeFiles(files: readonly string[], dryRun: boolean): Promise<number> {
  let freedBytes = 0;
  for (const file of files) {
    freedBytes += await allocatedBytes(file);
    if (!dryRun) await rm(file, { force: true });
  }
  return freedBytes;
}

async function freeableBytes(path: string, before: number): Promise<number | undefined> {
  const info = await statIfExists(path);
  return info && info.mtimeMs < before ? allocatedBytesOf(info) : undefined;
}

/** Digests of the manifests of a repository and of all content that they reference. */
async function referencedBy(
  store: RegistryStore,
  root: string,
  repository: string,
): Promise<ReadonlySet<Digest>> {
  const own = new Set<Digest>();
  for await (const { descriptor, children } of manifestsIn(store, root, repository)) {
    own.add(descriptor.digest);
    for (const child of children) own.add(child);
  }
  return own;
}

async function* manifestsIn(
  store: RegistryStore,
  root: string,
  repository: string,
): AsyncIterable<StoredManifest> {
  for (const name of await namesIn(root, linkFolder(root, repository, '_manifests'))) {
    const digest = digestOfLink(name);
    const manifest = digest && (await store.readLink(repository, digest));
    if (manifest) yield manifest;
  }
}

/** Lists every manifest of every repository. */
export async function* allManifests(
  root: string,
): AsyncIterable<{ readonly repository: string; readonly manifest: StoredManifest }> {
  const store = new RegistryStore(root);
  for (const { name: repository } of await repositoriesIn(root))
    for await (const manifest of manifestsIn(store, root, repository))
      yield { repository, manifest };
}

/** Moves back the files that an interrupted garbage collection has left in the trash. */
async function restore(
  root: string,
  trash: string,
  placeOf: (digest: Digest) => string,
): Promise<void> {
  for (const name of await namesIn(root, trash)) {
    const digest = digestOfLink(name);
    if (!digest) continue;
    const [from, place] = [join(trash, name), placeOf(digest)];
    // If the content was pushed again meanwhile, the trashed copy is not needed.
    if (await statIfExists(place)) await rm(from, { force: true });
    else await ignoreMissing(() => moveBack(from, place));
  }
}

async function filesOlderThan(root: string, folder: string, before: number): Promise<string[]> {
  const old: string[] = [];
  for (const name of await namesIn(root, folder)) {
    const info = await statIfExists(join(folder, name));
    if (info && info.mtimeMs < before) old.push(join(folder, name));
  }
  return old;
}

/** Deletes referrer links of manifests that do not exist any more. */
async function removeStaleReferrers(
  store: RegistryStore,
  root: string,
  repository: string,
): Promise<void> {
  for (const name of await namesIn(root, linkFolder(root, repository, '_referrers'))) {
    const subject = digestOfLink(name);
    if (!subject) continue;
    const folder = referrersFolder(root, repository, subject);
    for (const each of await namesIn(root, folder)) {
      const digest = digestOfLink(each);
      if (digest && !(await store.readLink(repository, digest)))
        await rm(join(folder, each), { force: true });
    }
  }
}
