import { isMalformed, shortList, ImageError, tooLarge } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS } from '../oci/limits.js';
import { bestMatches } from '../oci/match-platform.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import { parseManifest, type ImageIndex, type Manifest } from '../oci/manifest.js';
import { isImageType, isIndexType } from '../oci/media-types.js';
import { imagesOf } from './graph.js';
import type { CallOptions, Source } from './store.js';
import { readContent } from './verified.js';
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
  const indexes = new Map<Digest, Manifest>();
  const { indexDepth } = source.limits ?? DEFAULT_LIMITS;
  async function read(node: Descriptor, depth: number): Promise<void> {
    if (!isIndexType(node.mediaType) || indexes.has(node.digest)) return;
    if (depth > 0 && !(await source.has(node, options))) return;
    if (depth > indexDepth)
      throw tooLarge(
        `${source.location}: ${node.digest}: expected indexes nested at most ${indexDepth} deep`,
        source.location,
      );
    const bytes = await readContent(source, node, options);
    const manifest = parseManifest(node.mediaType, bytes, source.limits);
    indexes.set(node.digest, manifest);
    if (manifest.kind === 'index')
      for (const child of manifest.manifests) await read(child, depth + 1);
  }
  await read(root, 0);
  const index = indexes.get(root.digest);
  if (index?.kind !== 'index') return root;
  const images = childrenOf(index, (digest) => indexes.get(digest));
  const described: Descriptor[] = [];
  for (const image of images) described.push(await withPlatform(source, image, options));
  const [found, ...others] = imagesFor(source.location, described, wanted);
  if (found && others.length === 0) return images[described.indexOf(found)] ?? found;
  const { location } = source;
  throw new ImageError(
    'AMBIGUOUS',
    `${location}: expected one image for ${formatPlatform(wanted)}, got ${shortList(platformsOf(found ? [found, ...others] : []))}`,
    {
      location,
      hint: 'Name the build of Windows with the platform, as in windows(10.0.17763)/amd64.',
    },
  );
}

/** An entry of an index need not state a platform; then that of its config holds. */
async function withPlatform(
  source: Source,
  image: Descriptor,
  options: CallOptions,
): Promise<Descriptor> {
  if (image.platform || !isImageType(image.mediaType)) return image;
  try {
    const [own] = imagesOf(await walk(source, image, { ...options, missing: 'report' }));
    return own ? { ...image, platform: own.config.platform } : image;
  } catch (error) {
    if (isMalformed(error)) return image;
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

/** The images that fit a platform best: one, or one for each build of Windows. @throws ImageError NOT_FOUND */
export function imagesFor(
  location: string,
  images: readonly Descriptor[],
  wanted: Platform,
): readonly Descriptor[] {
  const found = bestMatches(images, wanted);
  if (found.length > 0) return found;
  throw new ImageError(
    'NOT_FOUND',
    `${location}: no image for ${formatPlatform(wanted)}, only for ${shortList(platformsOf(images)) || 'no platform'}`,
    { location },
  );
}

function platformsOf(images: readonly Descriptor[]): string[] {
  return images.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
}
