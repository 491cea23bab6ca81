import { join } from 'node:path';
import { allocatedBytesOf, modifiedAt, statIfExists } from '../../disk/allocated.js';
import { rm } from '../../disk/busy/retried.js';
import { readFolder } from '../../disk/if-there.js';
import { ImageError } from '../../errors.js';
import { ALGORITHMS, algorithmOf, type Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { FileStore } from '../../store/file-store.js';
import {
  blobFile,
  blobFolder,
  digestOfBlobFile,
  imageFile,
  partialFolder,
} from '../../store/paths.js';
import type { CallOptions } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import { sizeOf } from '../../transfer/graph/graph.js';
import { hashAll } from '../../transfer/extents/hash-all.js';
import type { Workspace } from '../workspace/workspace.js';
import { sharedCache } from './shared-cache.js';

/** The size of the cache of images from registries. */
export interface CacheInfo {
  readonly path: string;
  readonly images: number;
  readonly blobs: number;
  /** Size on disk, with incomplete downloads. */
  readonly bytes: number;
  /** Size on disk of incomplete downloads: running, or left by a process that died. */
  readonly partialBytes: number;
}

/** One image of the cache. */
export interface CachedImage {
  /** Null for an image that was pulled by digest alone. */
  readonly reference: string | null;
  readonly digest: Digest;
  /** Size of its cached content in bytes; 0 if it is damaged. */
  readonly bytes: number;
  /** Whether all its content is cached; not so if an engine had some layers and only the others were fetched. */
  readonly whole: boolean;
  /** ISO 8601; null if unknown. */
  readonly lastUsed: string | null;
}

/** Measures the cache of images from registries, which all workspaces share. */
export async function cacheInfo(workspace: Workspace): Promise<CacheInfo> {
  const path = sharedCache(workspace);
  const images = new Set((await imagesIn(path)).map(({ descriptor }) => descriptor.digest));
  const blobs = await sizesOf((await blobsIn(path)).map(({ file }) => file));
  const partial = await sizesOf(await filesIn(partialFolder(path)));
  const partialBytes = sum(partial);
  return {
    path,
    images: images.size,
    blobs: blobs.length,
    bytes: sum(blobs) + partialBytes,
    partialBytes,
  };
}

/** Lists the images of the cache, sorted by name; those without a name come last. */
export async function listCache(workspace: Workspace): Promise<CachedImage[]> {
  const path = sharedCache(workspace);
  const store = new FileStore(path);
  return Promise.all(
    (await imagesIn(path)).map(async ({ reference = null, descriptor }) => {
      // A damaged image counts as 0 bytes, because none of it can be used.
      const graph = await walk(store, descriptor, { missing: 'report' }).catch(ignoreDamage);
      const used = await modifiedAt(imageFile(path, descriptor.digest));
      return {
        reference,
        digest: descriptor.digest,
        bytes: graph ? sizeOf(graph) : 0,
        whole: graph?.missing.length === 0,
        lastUsed: used === undefined ? null : new Date(used).toISOString(),
      };
    }),
  );
}

/** The result of hashing the cache. */
export interface CacheProof {
  readonly blobs: number;
  /** Number of bytes that were hashed. */
  readonly bytes: number;
  /** Content whose digest was wrong. It was deleted; the next pull fetches it again. */
  readonly damaged: readonly Digest[];
}

/** Hashes all content of the cache and deletes damaged content. */
export async function verifyCache(
  workspace: Workspace,
  options: CallOptions = {},
): Promise<CacheProof> {
  const path = sharedCache(workspace);
  const jobs = [];
  for (const { digest, file } of await blobsIn(path)) {
    const size = (await statIfExists(file))?.size ?? 0;
    const pieces = [{ file, offset: 0, size }];
    const algorithm = algorithmOf(digest);
    jobs.push({ member: file, offset: 0, size, pieces, algorithm, expected: digest });
  }
  const damaged: Digest[] = [];
  let bytes = 0;
  await hashAll(
    jobs,
    ({ expected }, { digest, size }) => {
      bytes += size;
      if (digest !== expected) damaged.push(expected);
    },
    options,
  );
  for (const digest of damaged) await rm(blobFile(path, digest), { force: true });
  return { blobs: jobs.length, bytes, damaged };
}

/** Returns nothing for an image that cannot be read. @throws every error but an ImageError */
export function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof ImageError)) throw error;
}

/** Lists the images whose manifest is cached; for others only the name was resolved. */
export async function imagesIn(path: string): Promise<NamedDescriptor[]> {
  const store = new FileStore(path);
  const images: NamedDescriptor[] = [];
  for await (const image of store.list()) if (await store.has(image.descriptor)) images.push(image);
  return images;
}

async function blobsIn(
  path: string,
): Promise<{ readonly digest: Digest; readonly file: string }[]> {
  const found: { readonly digest: Digest; readonly file: string }[] = [];
  for (const algorithm of ALGORITHMS)
    for (const file of await filesIn(blobFolder(path, algorithm))) {
      const digest = digestOfBlobFile(
        algorithm,
        file.slice(blobFolder(path, algorithm).length + 1),
      );
      if (digest !== undefined) found.push({ digest, file });
    }
  return found;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readFolder(folder)).map(({ name }) => join(folder, name));
}

async function sizesOf(files: readonly string[]): Promise<number[]> {
  const infos = await Promise.all(files.map(statIfExists));
  return infos.map((info) => (info ? allocatedBytesOf(info) : 0));
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
