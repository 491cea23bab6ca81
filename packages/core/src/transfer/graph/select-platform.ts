import { isMalformed, shortList, ImageError, tooLarge } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { bestMatches } from '../../oci/match-platform.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import { parseManifest, type ImageIndex, type Manifest } from '../../oci/manifest.js';
import { isImageType, isIndexType } from '../../oci/media-types.js';
import { imagesOf } from './graph.js';
import type { CallOptions, Source } from '../store.js';
import { readContent } from '../verified.js';
import { walk } from './walk.js';

/**
 * Finds the image for one platform in an index, including nested indexes. A root that is not an index is returned as it
 * is.
 *
 * @throws ImageError NOT_FOUND (the message lists the available platforms), AMBIGUOUS (several builds of Windows),
 *   TOO_LARGE (indexes nested too deeply)
 */
export async function selectPlatform(
  source: Source,
  root: Descriptor,
  wanted: Platform,
  options: CallOptions = {},
): Promise<Descriptor> {
  const indexes = await readIndexes(source, root, options);
  const index = indexes.get(root.digest);
  if (index?.kind !== 'index') return root;
  const images = childrenOf(index, (digest) => indexes.get(digest));
  const { location } = source;
  const [found, ...others] = await imagesFor(location, images, wanted, (image) =>
    platformOf(source, image, options),
  );
  if (found && others.length === 0)
    return images.find(({ digest }) => digest === found.digest) ?? found;
  throw new ImageError(
    'AMBIGUOUS',
    `${location}: several images for ${formatPlatform(wanted)}: ${shortList(platformsOf(found ? [found, ...others] : []))}`,
    {
      location,
      hint: 'Name the build of Windows with the platform, as in windows(10.0.17763)/amd64.',
    },
  );
}

/** The index at `root` and those in it that can be read; none where the root is no index. */
async function readIndexes(
  source: Source,
  root: Descriptor,
  options: CallOptions,
): Promise<ReadonlyMap<Digest, Manifest>> {
  const indexes = new Map<Digest, Manifest>();
  const { indexDepth } = source.limits ?? DEFAULT_LIMITS;
  async function read(node: Descriptor, depth: number): Promise<void> {
    if (!isIndexType(node.mediaType) || indexes.has(node.digest)) return;
    if (depth > 0 && !(await source.has(node, options))) return;
    if (depth > indexDepth)
      throw tooLarge(
        `${source.location}: ${node.digest}: indexes nested deeper than ${indexDepth} levels`,
        source.location,
      );
    const parse = async (): Promise<Manifest> => {
      const bytes = await readContent(source, node, options);
      return parseManifest(node.mediaType, bytes, source.limits);
    };
    const manifest = await (depth === 0 ? parse() : unlessUnusable(parse));
    if (!manifest) return;
    indexes.set(node.digest, manifest);
    if (manifest.kind === 'index')
      for (const child of manifest.manifests) await read(child, depth + 1);
  }
  await read(root, 0);
  return indexes;
}

/** The platform of an image's config. */
async function platformOf(
  source: Source,
  image: Descriptor,
  options: CallOptions,
): Promise<Platform | undefined> {
  if (!isImageType(image.mediaType)) return undefined;
  const graph = await unlessUnusable(() => walk(source, image, { ...options, missing: 'report' }));
  return graph && imagesOf(graph)[0]?.config.platform;
}

/** Undefined for a member of an index that is malformed or absent: the others can be used without it. */
async function unlessUnusable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isAbsent = error instanceof ImageError && error.code === 'NOT_FOUND';
    if (isAbsent || isMalformed(error)) return undefined;
    throw error;
  }
}

/**
 * The images of an index, each once. Nested indexes are replaced by their images.
 *
 * @param known returns a nested index; one that it returns undefined for is listed itself.
 */
export function childrenOf(
  { manifests }: ImageIndex,
  known: (digest: Digest) => Manifest | undefined,
  seen = new Set<Digest>(),
): Descriptor[] {
  return manifests.flatMap((child) => {
    if (seen.has(child.digest)) return [];
    seen.add(child.digest);
    const inner = known(child.digest);
    return inner?.kind === 'index' ? childrenOf(inner, known, seen) : [child];
  });
}

/**
 * The images that fit a platform best: one, or one for each build of Windows. An entry of an index need not state a
 * platform. Then that of its config holds, which is read only where no stated platform fits.
 *
 * @param platformOf returns the platform of an image's config.
 * @throws ImageError NOT_FOUND
 */
export async function imagesFor(
  location: string,
  images: readonly Descriptor[],
  wanted: Platform,
  platformOf: (image: Descriptor) => Promise<Platform | undefined>,
): Promise<readonly Descriptor[]> {
  const stated = bestMatches(images, wanted);
  if (stated.length > 0) return stated;
  const described: Descriptor[] = [];
  for (const image of images) {
    const platform = image.platform ?? (await platformOf(image));
    described.push(platform ? { ...image, platform } : image);
  }
  const found = bestMatches(described, wanted);
  if (found.length > 0) return found;
  throw new ImageError(
    'NOT_FOUND',
    `${location}: no image for ${formatPlatform(wanted)}, only for ${shortList(platformsOf(described)) || 'no platform'}`,
    { location },
  );
}

function platformsOf(images: readonly Descriptor[]): string[] {
  return images.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
}
