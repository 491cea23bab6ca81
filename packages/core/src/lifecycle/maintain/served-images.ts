import { allocatedBytes } from '../../disk/allocated.js';
import type { Digest } from '../../oci/digest.js';
import { collectGarbage } from '../../registry/storage/collect-registry.js';
import { storedImages } from '../../registry/storage/stored-images.js';
import { blobFile } from '../../store/paths.js';
import { parseDuration } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import { REGISTRY_GRACE, UPLOAD_GRACE } from './maintain-registry.js';
import { registryFolder, requireFolder, type RegistryFolder } from './registry-folder.js';

/** An image in the folder of a registry. */
export interface ServedImage {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Size on disk of all that it needs, its referrers included, in bytes. */
  readonly bytes: number;
  /** The part of `bytes` that no other image needs: deleting the image frees this. */
  readonly ownBytes: number;
  /** When it was pushed, ISO 8601. */
  readonly created: string;
  /** When it was last pushed or pulled, ISO 8601. */
  readonly lastUsed: string;
}

/** The images in the folder of a registry. */
export interface ServedListing {
  /** Absolute. */
  readonly root: string;
  /** Size on disk of all images, in bytes; shared content counts once. */
  readonly bytes: number;
  readonly images: readonly ServedImage[];
}

/** One repository of a report. */
export interface ServedRepository {
  readonly name: string;
  readonly images: number;
  /** As in {@link ServedListing}, of this repository. */
  readonly bytes: number;
}

/** The state of the folder of a registry. */
export interface ServedReport extends ServedListing {
  /** ISO 8601. */
  readonly created: string;
  /** The largest first. */
  readonly repositories: readonly ServedRepository[];
  /** Bytes saved because images share content. */
  readonly sharedBytes: number;
  /** Content that `collectRegistry` would delete now. */
  readonly garbage: {
    readonly blobs: number;
    readonly uploads: number;
    readonly bytes: number;
  };
}

/**
 * Lists the images in the folder of a registry, by repository; the registry may be running, and no request is sent to it.
 *
 * @throws ImageError NOT_FOUND (no such folder)
 */
export async function listServed(
  workspace: Workspace,
  options: RegistryFolder,
): Promise<ServedListing> {
  const { root, images, bytes } = await takeStock(workspace, options);
  return { root, bytes, images: images.map(({ contents: _, ...image }) => image) };
}

/** Reports the folder of a registry: images, repositories, shared content, garbage. Changes nothing. @throws ImageError NOT_FOUND */
export async function reportServed(
  workspace: Workspace,
  options: RegistryFolder,
): Promise<ServedReport> {
  const { root, images, bytes, sizes } = await takeStock(workspace, options);
  const names = [...new Set(images.map(({ repository }) => repository))];
  const repositories = names.map((name) => {
    const own = images.filter(({ repository }) => repository === name);
    const contents = new Set(own.flatMap((image) => [...image.contents]));
    return { name, images: own.length, bytes: sum([...contents], sizes) };
  });
  const now = workspace.surroundings.now();
  const garbage = await collectGarbage(root, {
    grace: parseDuration(REGISTRY_GRACE, 'grace'),
    uploadGrace: parseDuration(UPLOAD_GRACE, 'grace'),
    now,
    dryRun: true,
    signal: options.signal,
  });
  return {
    root,
    created: new Date(now).toISOString(),
    bytes,
    images: images.map(({ contents: _, ...image }) => image),
    repositories: repositories.sort((a, b) => b.bytes - a.bytes),
    sharedBytes: images.reduce((total, image) => total + image.bytes, 0) - bytes,
    garbage: {
      blobs: garbage.blobs.length,
      uploads: garbage.uploads,
      bytes: garbage.freedBytes,
    },
  };
}

type Sizes = ReadonlyMap<Digest, number>;

async function takeStock(workspace: Workspace, options: RegistryFolder) {
  const root = await requireFolder(registryFolder(workspace, options));
  const sizes = new Map<Digest, number>();
  const holders = new Map<Digest, number>();
  const found = [];
  for await (const image of storedImages(root)) {
    options.signal?.throwIfAborted();
    for (const digest of image.contents) {
      holders.set(digest, (holders.get(digest) ?? 0) + 1);
      if (!sizes.has(digest)) sizes.set(digest, await allocatedBytes(blobFile(root, digest)));
    }
    found.push(image);
  }
  const images = found.map(({ repository, digest, tags, contents, created, lastUsed }) => ({
    ...{ repository, digest, tags, contents },
    bytes: sum([...contents], sizes),
    ownBytes: sum(
      [...contents].filter((each) => holders.get(each) === 1),
      sizes,
    ),
    created: new Date(created).toISOString(),
    lastUsed: new Date(lastUsed).toISOString(),
  }));
  return { root, images, sizes, bytes: sum([...sizes.keys()], sizes) };
}

function sum(digests: readonly Digest[], sizes: Sizes): number {
  return digests.reduce((total, digest) => total + (sizes.get(digest) ?? 0), 0);
}
