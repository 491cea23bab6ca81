import { rm } from 'node:fs/promises';
import type { Settings } from '../../definition/settings.js';
import { modified } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import { withoutPrefix } from '../../location.js';
import type { Digest } from '../../oci/digest.js';
import type { NamedDescriptor } from '../../oci/layout.js';
import { canonicalReference } from '../../oci/reference.js';
import { collect, GRACE } from '../../store/collect.js';
import { FileStore } from '../../store/file-store.js';
import { imageFile } from '../../store/paths.js';
import { walk } from '../../transfer/walk.js';
import { duration, size } from '../workspace/units.js';
import { sharedCache } from './shared-cache.js';
import type { VerbOptions } from '../workspace/call.js';
import { cacheInfo, imagesIn, type CachedImage } from './manage-cache.js';

/** Which images leave the cache. */
export interface PurgeOptions {
  /** References to remove; all images when empty. */
  readonly references: readonly string[];
  /** Only images that were not used for this long, as `30d`. */
  readonly unusedFor?: string | undefined;
  /** Only the least recently used, until at most this much is left, as `20GB`. */
  readonly maxUsed?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The images that left the cache. */
export interface Purged {
  readonly purged: readonly Pick<CachedImage, 'reference' | 'digest'>[];
  /** Bytes freed on disk; shared content is freed with its last image. */
  readonly freedBytes: number;
}

/** An image of the cache, and when it was last used (ms since 1970). */
interface Used extends NamedDescriptor {
  readonly lastUsed: number;
}

/** Removes images from the cache. @throws ImageError NOT_FOUND (a reference), USAGE */
export async function purgeCache(options: PurgeOptions): Promise<Purged> {
  const path = sharedCache();
  const images = await usedImages(path);
  const wanted = options.references.map((text) => canonicalReference(withoutPrefix(text)));
  for (const reference of wanted)
    if (!images.some((image) => isCalled(image, reference)))
      throw new ImageError('NOT_FOUND', `${reference}: expected it in the cache, got none`, {
        location: path,
        hint: 'stowage cache ls shows what is there.',
      });
  const named = images.filter(
    (image) => wanted.length === 0 || wanted.some((reference) => isCalled(image, reference)),
  );
  const going = await chosen(path, named, options);
  const purged = going.map(({ reference = null, descriptor: { digest } }) => ({
    reference,
    digest,
  }));
  if (options.dryRun) return { purged, freedBytes: 0 };
  return { purged, freedBytes: await drop(path, going, { grace: 0 }) };
}

/** What the settings say of the cache is done; what somebody may be using at this moment stays. */
export async function evictCache({ cache }: Settings, { onEvent }: VerbOptions): Promise<void> {
  if (cache.unusedFor === undefined && cache.maxUsed === undefined) return;
  const path = sharedCache();
  const going = (await chosen(path, await usedImages(path), cache)).filter(
    ({ lastUsed }) => lastUsed < Date.now() - GRACE,
  );
  if (going.length === 0) return;
  await drop(path, going, {});
  const names = going.map(({ reference, descriptor }) => reference ?? descriptor.digest);
  onEvent?.({ type: 'notice', text: `left the cache, as stowage.yaml says: ${names.join(', ')}` });
}

/** Without a rule, all. */
async function chosen(
  path: string,
  images: readonly Used[],
  { unusedFor, maxUsed }: Pick<PurgeOptions, 'unusedFor' | 'maxUsed'>,
): Promise<readonly Used[]> {
  if (unusedFor === undefined && maxUsed === undefined) return images;
  const before = unusedFor === undefined ? -1 : Date.now() - duration(unusedFor, 'unused-for');
  const beyond =
    maxUsed === undefined
      ? new Set<Used>()
      : await beyondSize(path, images, size(maxUsed, 'max-used'));
  return images.filter((image) => image.lastUsed <= before || beyond.has(image));
}

/** From the one on, counted from the latest use, with which they take more than `most` bytes, what they share once. */
async function beyondSize(
  path: string,
  images: readonly Used[],
  most: number,
): Promise<ReadonlySet<Used>> {
  const store = new FileStore(path);
  const latest = [...images].sort((one, other) => other.lastUsed - one.lastUsed);
  const blobs = new Map<Digest, number>();
  for (const [at, image] of latest.entries()) {
    // What is damaged takes nothing that could be used.
    const graph = await walk(store, image.descriptor, { missing: 'report' }).catch(unlessDamaged);
    for (const node of graph?.nodes ?? []) blobs.set(node.digest, node.size);
    const total = [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (total > most) return new Set(latest.slice(at));
  }
  return new Set();
}

/** @returns the bytes that were freed */
async function drop(
  path: string,
  going: readonly Used[],
  options: { readonly grace?: number },
): Promise<number> {
  const store = new FileStore(path);
  const held = (await cacheInfo()).bytes;
  for (const { reference } of going) if (reference !== undefined) await store.untag(reference);
  const named = new Set(
    (await imagesIn(path)).flatMap(({ reference, descriptor }) =>
      reference === undefined ? [] : [descriptor.digest],
    ),
  );
  for (const { descriptor } of going)
    if (!named.has(descriptor.digest))
      await rm(imageFile(path, descriptor.digest), { force: true });
  await collect(store, path, options);
  return held - (await cacheInfo()).bytes;
}

async function usedImages(path: string): Promise<Used[]> {
  return Promise.all(
    (await imagesIn(path)).map(async (image) => ({
      ...image,
      lastUsed: (await modified(imageFile(path, image.descriptor.digest))) ?? 0,
    })),
  );
}

function isCalled({ reference, descriptor }: Used, wanted: string): boolean {
  return reference === wanted || wanted.endsWith(`@${descriptor.digest}`);
}

function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof ImageError)) throw error;
}
