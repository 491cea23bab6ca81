import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { bestMatches } from '../oci/match-platform.js';
import { isIndexType } from '../oci/media-types.js';
import { formatPlatform, type Platform, type PlatformChoice } from '../oci/platform.js';
import { imagesOf } from '../transfer/graph/graph.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { walk } from '../transfer/graph/walk.js';
import { withImages } from './with-images.js';

/** Options of {@link withPresentPlatforms}. */
export interface PresentPlatformsOptions extends CallOptions {
  /** The platforms to take of an index; an index of more than one is left to the caller. */
  readonly platforms?: PlatformChoice | undefined;
  /** The engine's own platform, to take of an index that is not complete. */
  readonly own: () => Promise<Platform | undefined>;
  /** Called with a notice when an image is taken out of its index. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/**
 * The images of an archive that an engine wrote. An engine with containerd's image store keeps the index of an image of
 * several platforms, and mostly the content of one of them, which it writes with the index. Then the image of the wanted
 * platform, or else of the engine's own or of the first one that is there, takes the place of the index.
 *
 * @returns a source that takes the place of `source`, which is disposed of when this fails.
 * @throws ImageError NOT_FOUND (not the wanted platform)
 */
export async function withPresentPlatforms(
  source: Source,
  options: PresentPlatformsOptions,
): Promise<Source> {
  const { platforms = [] } = options;
  if (platforms === 'all' || platforms.length > 1) return source;
  try {
    const images: NamedDescriptor[] = [];
    for await (const image of source.list(options)) {
      const isIndex = isIndexType(image.descriptor.mediaType);
      const chosen =
        isIndex && (await chosenOf(source, image, { ...options, platform: platforms[0] }));
      images.push(chosen || image);
    }
    return images.some(({ index }) => index !== undefined) ? withImages(source, images) : source;
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** The image to take in place of an index; undefined when the index is taken. */
async function chosenOf(
  source: Source,
  image: NamedDescriptor,
  {
    platform,
    own,
    onNotice,
    signal,
  }: PresentPlatformsOptions & { readonly platform: Platform | undefined },
): Promise<NamedDescriptor | undefined> {
  const { descriptor: root } = image;
  const whole = await walk(source, root, { signal, missing: 'report' });
  if (platform === undefined && whole.missing.length === 0) return undefined;
  const present: { readonly digest: Digest; readonly platform: Platform }[] = [];
  for (const { descriptor, config } of imagesOf(whole)) {
    const { missing } = await walk(source, descriptor, { signal, missing: 'report' });
    if (missing.length === 0)
      present.push({ digest: descriptor.digest, platform: config.platform });
  }
  const wanted = platform ?? (await own());
  const [best] = wanted ? bestMatches(present, wanted) : [];
  const chosen = best ?? (platform === undefined ? present[0] : undefined);
  const node = chosen && whole.documents.get(chosen.digest)?.descriptor;
  const { location } = source;
  if (chosen && node) {
    const others = whole.missing.length > 0 ? '; the engine lacks other platforms of it' : '';
    onNotice?.(`${location}: taken for ${formatPlatform(chosen.platform)} alone${others}`);
    return { ...image, descriptor: node, index: root.digest };
  }
  if (platform === undefined) return undefined;
  throw new ImageError('NOT_FOUND', `${location}: no image for ${formatPlatform(platform)}`, {
    location,
    hint: `It has ${present.map((each) => formatPlatform(each.platform)).join(', ') || 'none that is complete'}.`,
  });
}
