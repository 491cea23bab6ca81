import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { formatPlatform, matchesPlatform, type Platform } from '../oci/platform.js';
import { parseManifest } from '../oci/manifest.js';
import { isIndexType } from '../oci/media-types.js';
import type { CallOptions, Source } from './store.js';
import { readContent } from './verified.js';

/**
 * Finds the image for one platform inside an index; an image that is no index is returned as it is
 * (its config is the judge of what it runs on).
 *
 * @throws ImageError NOT_FOUND, naming the platforms that are there
 */
export async function selectPlatform(
  source: Source,
  root: Descriptor,
  wanted: Platform,
  options: CallOptions = {},
): Promise<Descriptor> {
  if (!isIndexType(root.mediaType)) return root;
  const manifest = parseManifest(root.mediaType, await readContent(source, root, options));
  if (manifest.kind === 'image') return root;
  const found = manifest.manifests.find(
    ({ platform }) => platform && matchesPlatform(platform, wanted),
  );
  if (found) return found;
  const there = manifest.manifests.flatMap(({ platform }) =>
    platform ? [formatPlatform(platform)] : [],
  );
  throw new ImageError(
    'NOT_FOUND',
    `${source.location}: expected an image for ${formatPlatform(wanted)}, got ${there.join(', ') || 'none'}`,
    {
      location: source.location,
    },
  );
}
