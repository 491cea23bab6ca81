import { modifiedAt } from '../../disk/allocated.js';
import { rm } from '../../disk/busy/retried.js';
import { ImageError, shortList } from '../../errors.js';
import { parseRepositoryLocation } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { formatReference } from '../../oci/reference.js';
import { collect, DEFAULT_GRACE_MS, type CollectOptions } from '../../store/collect.js';
import { FileStore } from '../../store/file-store.js';
import { imageFile } from '../../store/paths.js';
import { walk } from '../../transfer/graph/walk.js';
import { parseDuration, parseSize } from '../workspace/units.js';
import { sharedCache } from './shared-cache.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { cacheInfo, ignoreDamage, imagesIn, type CachedImage } from './manage-cache.js';
import { option, verb, wording } from '../../wording.js';

/** The images to remove from the cache. */
export interface PurgeOptions {
  /** References to remove; all images when empty. */
  readonly references: readonly string[];
  /** Only images that were not used for this long, for example `30d`. */
  readonly unusedFor?: string | undefined;
  /** Only the least recently used images, until at most this size remains, for example `20GB`. */
  readonly maxUsed?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The images that were removed from the cache. */
export interface PurgeResult {
  readonly purged: readonly Pick<CachedImage, 'reference' | 'digest'>[];
  /** Bytes freed on disk; shared content is freed with its last image. 0 in a dry run. */
  readonly freedBytes: number;
}

interface UsedImage extends NamedDescriptor {
  /** Milliseconds since 1970; 0 if unknown. */
  readonly lastUsed: number;
}

/** Removes images from the cache. @throws ImageError NOT_FOUND (a reference), USAGE */
export async function purgeCache(
  workspace: Workspace,
  options: PurgeOptions,
): Promise<PurgeResult> {
  const path = sharedCache(workspace);
  const now = workspace.surroundings.now();
  const images = await usedImages(path);
  const wanted = options.references.map((text) =>
    formatReference(parseRepositoryLocation(text).parsed),
  );
  for (const reference of wanted)
    if (!images.some((image) => hasReference(image, reference)))
      throw new ImageError('NOT_FOUND', `${reference}: not in the cache`, {
        location: path,
        hint: wording`${verb('listCache')} lists the cached images.`,
      });
  const named = images.filter(
    (image) => wanted.length === 0 || wanted.some((reference) => hasReference(image, reference)),
  );
  const selected = await selectImages(path, named, { ...options, now });
  const purged = selected.map(({ reference = null, descriptor: { digest } }) => ({
    reference,
    digest,
  }));
  if (options.dryRun) return { purged, freedBytes: 0 };
  return { purged, freedBytes: await removeImages(workspace, selected, { now, grace: 0 }) };
}

/** Applies the cache limits of the settings. Images used within the grace period stay: another process may be reading them. */
export async function evictCache(workspace: Workspace, { onEvent }: VerbOptions): Promise<void> {
  const { cache } = workspace.settings;
  if (cache.unusedFor === undefined && cache.maxUsed === undefined) return;
  const path = sharedCache(workspace);
  const now = workspace.surroundings.now();
  const selected = (await selectImages(path, await usedImages(path), { ...cache, now })).filter(
    ({ lastUsed }) => lastUsed < now - DEFAULT_GRACE_MS,
  );
  if (selected.length === 0) return;
  await removeImages(workspace, selected, { now });
  const names = selected.map(({ reference, descriptor }) => reference ?? descriptor.digest);
  onEvent?.({
    type: 'notice',
    text: `removed from the cache, as cache: of stowage.yaml limits it: ${shortList(names)}`,
  });
}

/** Images that a rule removes; all images without a rule. */
async function selectImages(
  path: string,
  images: readonly UsedImage[],
  {
    now,
    unusedFor,
    maxUsed,
  }: Pick<PurgeOptions, 'unusedFor' | 'maxUsed'> & { readonly now: number },
): Promise<readonly UsedImage[]> {
  if (unusedFor === undefined && maxUsed === undefined) return images;
  const before =
    unusedFor === undefined ? -1 : now - parseDuration(unusedFor, wording`${option('unusedFor')}`);
  const beyond =
    maxUsed === undefined
      ? new Set<UsedImage>()
      : await beyondSize(path, images, parseSize(maxUsed, wording`${option('maxUsed')}`));
  return images.filter((image) => image.lastUsed <= before || beyond.has(image));
}

/** The least recently used images to drop so that the rest fits in `maxBytes`; shared blobs count once. */
async function beyondSize(
  path: string,
  images: readonly UsedImage[],
  maxBytes: number,
): Promise<ReadonlySet<UsedImage>> {
  const store = new FileStore(path);
  const latest = [...images].sort((one, other) => other.lastUsed - one.lastUsed);
  const blobs = new Map<Digest, number>();
  for (const [at, image] of latest.entries()) {
    // A damaged image counts as 0 bytes, because none of it can be used.
    const graph = await walk(store, image.descriptor, { missing: 'report' }).catch(ignoreDamage);
    for (const node of graph?.nodes ?? []) blobs.set(node.digest, node.size);
    const total = [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (total > maxBytes) return new Set(latest.slice(at));
  }
  return new Set();
}

/** Removes the names and then all content that no image needs any more. @returns the bytes freed on disk */
async function removeImages(
  workspace: Workspace,
  selected: readonly UsedImage[],
  options: CollectOptions,
): Promise<number> {
  const path = sharedCache(workspace);
  const store = new FileStore(path);
  const bytesBefore = (await cacheInfo(workspace)).bytes;
  for (const { reference } of selected) if (reference !== undefined) await store.untag(reference);
  const named = new Set(
    (await imagesIn(path)).flatMap(({ reference, descriptor }) =>
      reference === undefined ? [] : [descriptor.digest],
    ),
  );
  for (const { descriptor } of selected)
    if (!named.has(descriptor.digest))
      await rm(imageFile(path, descriptor.digest), { force: true });
  await collect(store, path, options);
  return bytesBefore - (await cacheInfo(workspace)).bytes;
}

async function usedImages(path: string): Promise<UsedImage[]> {
  return Promise.all(
    (await imagesIn(path)).map(async (image) => ({
      ...image,
      lastUsed: (await modifiedAt(imageFile(path, image.descriptor.digest))) ?? 0,
    })),
  );
}

function hasReference({ reference, descriptor }: UsedImage, wanted: string): boolean {
  return reference === wanted || wanted.endsWith(`@${descriptor.digest}`);
}
