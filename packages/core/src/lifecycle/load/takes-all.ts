import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isManifestType } from '../../oci/media-types.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';

interface Taking extends CallOptions {
  readonly input: string;
  /** Location of the engine. */
  readonly engine: string;
  /** Whether it keeps indexes. */
  readonly keepsIndex: () => Promise<boolean>;
}

/**
 * Whether an engine with a platform of its own gets a whole index; if that has one image, an engine that keeps no indexes
 * gets that.
 *
 * @throws ImageError UNAVAILABLE (it keeps one platform, and there are several)
 */
export async function takesAll(
  source: Source,
  root: Descriptor,
  own: Platform,
  { input, engine, keepsIndex, signal }: Taking,
): Promise<boolean> {
  if (await keepsIndex()) return true;
  const graph = await walk(source, root, { signal, missing: 'report' });
  const absent = graph.missing.filter(({ mediaType }) => isManifestType(mediaType));
  const count = imagesOf(graph).length + absent.length;
  if (count <= 1) return false;
  throw new ImageError(
    'UNAVAILABLE',
    `${input}: ${engine} keeps an image for one platform, ${formatPlatform(own)}, and this one is for ${count}`,
    {
      location: engine,
      hint: "Load one platform, or use an engine that keeps several: containerd, or Docker with containerd's image store, the default since Docker 29.",
    },
  );
}
