import type { Digest } from '../oci/digest.js';
import type { Manifest } from '../oci/manifest.js';
import { isForeignLayerType, isManifestType } from '../oci/media-types.js';

/** Content that a repository with this manifest must hold. Only layers that are foreign or have `urls` may be stored elsewhere. */
export function requiredDigests(manifest: Manifest): Digest[] {
  if (manifest.kind === 'index') return manifest.manifests.map(({ digest }) => digest);
  const own = manifest.layers.filter(
    ({ mediaType, urls }) =>
      isManifestType(mediaType) || !(isForeignLayerType(mediaType) || urls !== undefined),
  );
  return [...own, manifest.config].map(({ digest }) => digest);
}
