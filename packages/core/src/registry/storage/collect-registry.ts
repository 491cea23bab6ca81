import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allocated, allocatedBy, statIfThere } from '../../disk/allocated.js';
import { ALGORITHMS, type Digest } from '../../oci/digest.js';
import type { StoredManifest } from '../hosted.js';
import type { CallOptions } from '../../transfer/store.js';
import {
  blobLink,
  digestOfLink,
  linkFolder,
  referrersFolder,
  trashFile,
  trashFolder,
} from './registry-paths.js';
import { removeEmptyFolders } from './empty-folders.js';
import { repositoriesIn } from './list-repositories.js';
import { RegistryStore } from './registry-store.js';
import { moveBack, sweep } from './links.js';
import { unlessAbsent } from '../../disk/if-there.js';
import { namesIn } from '../../disk/if-there.js';
import { blobFile, blobFolder, digestOfBlobFile, partialFolder } from '../../store/paths.js';

export interface CollectGarbageOptions extends CallOptions {
  /** What was wanted within this long (ms) may belong to a push that is still going on. */
  readonly grace: number;
  /** An upload to which nothing came for this long (ms) is given up. */
  readonly uploadGrace: number;
  readonly dryRun?: boolean | undefined;
}

/** The garbage that was deleted. */
export interface CollectedGarbage {
  readonly blobs: readonly Digest[];
  readonly uploads: number;
  /** On disk. */
  readonly freedBytes: number;
}

/**
 * Deletes what no manifest of a registry needs any more, while it runs: marks what manifests name, sweeps the rest,
 * and spares what somebody wanted within the grace, in any process.
 */
export async function collectGarbage(
  root: string,
  { grace, uploadGrace, dryRun, signal }: CollectGarbageOptions,
): Promise<CollectedGarbage> {
  const store = new RegistryStore(root);
  const before = Date.now() - grace;
  const needed = new Set<Digest>();
  let uploads = 0;
  let freedBytes = 0;
  if (!dryRun) await restore(root, trashFolder(root), (digest) => blobFile(root, digest));
  for (const { name: repository } of await repositoriesIn(root)) {
    signal?.throwIfAborted();
    if (!dryRun)
      await restore(root, linkFolder(root, repository, '_trash'), (digest) =>
        blobLink(root, repository, digest),
      );
    const own = await marked(store, root, repository);
    for (const name of await namesIn(root, linkFolder(root, repository, '_blobs'))) {
      const digest = digestOfLink(name);
      if (digest === undefined) continue;
      const path = blobLink(root, repository, digest);
      const isOld = ((await statIfThere(path))?.mtimeMs ?? Infinity) < before;
      const trash = trashFile(root, digest, repository);
      const isGone =
        isOld &&
        !own.has(digest) &&
        (dryRun === true || (await sweep(path, trash, { before, privateTo: root })) !== undefined);
      if (!isGone) needed.add(digest);
    }
    for (const file of await oldFiles(
      root,
      linkFolder(root, repository, '_uploads'),
      Date.now() - uploadGrace,
    )) {
      uploads++;
      freedBytes += await allocated(file);
      if (!dryRun) await rm(file, { force: true });
    }
    if (!dryRun) await forgetReferrers(store, root, repository);
  }
  for (const file of await oldFiles(root, partialFolder(root), Date.now() - uploadGrace)) {
    freedBytes += await allocated(file);
    if (!dryRun) await rm(file, { force: true });
  }
  if (!dryRun) await removeEmptyFolders(root, before);
  const blobs: Digest[] = [];
  for (const algorithm of ALGORITHMS)
    for (const name of await namesIn(root, blobFolder(root, algorithm))) {
      signal?.throwIfAborted();
      const digest = digestOfBlobFile(algorithm, name);
      if (digest === undefined || needed.has(digest)) continue;
      const path = blobFile(root, digest);
      const freed = dryRun
        ? await wouldFree(path, before)
        : await sweep(path, trashFile(root, digest), { before, privateTo: root });
      if (freed === undefined) continue;
      blobs.push(digest);
      freedBytes += freed;
    }
  return { blobs, uploads, freedBytes };
}

async function wouldFree(path: string, before: number): Promise<number | undefined> {
  const info = await statIfThere(path);
  return info && info.mtimeMs < before ? allocatedBy(info) : undefined;
}

/** What the manifests of a repository need, themselves among it. */
async function marked(
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

/** Every manifest of every repository. */
export async function* allManifests(
  root: string,
): AsyncIterable<{ readonly repository: string; readonly manifest: StoredManifest }> {
  const store = new RegistryStore(root);
  for (const { name: repository } of await repositoriesIn(root))
    for await (const manifest of manifestsIn(store, root, repository))
      yield { repository, manifest };
}

/** What a collector that died has moved away. */
async function restore(
  root: string,
  trash: string,
  placeOf: (digest: Digest) => string,
): Promise<void> {
  for (const name of await namesIn(root, trash)) {
    const digest = digestOfLink(name);
    if (!digest) continue;
    const [from, place] = [join(trash, name), placeOf(digest)];
    // What came again meanwhile is younger.
    if (await statIfThere(place)) await rm(from, { force: true });
    else await unlessAbsent(() => moveBack(from, place));
  }
}

async function oldFiles(root: string, folder: string, before: number): Promise<string[]> {
  const old: string[] = [];
  for (const name of await namesIn(root, folder)) {
    const info = await statIfThere(join(folder, name));
    if (info && info.mtimeMs < before) old.push(join(folder, name));
  }
  return old;
}

/** Of manifests that are gone. */
async function forgetReferrers(
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
