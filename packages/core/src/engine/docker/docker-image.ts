import { isDigest } from '../../oci/digest.js';
import { canonicalReference } from '../../oci/reference.js';
import type { EngineImage, EngineManifest } from '../engine.js';
import type { DockerApi } from './docker-api.js';
import { Fields } from './fields.js';

/** The version of the API from which an engine with containerd's image store tells the manifests of an image. */
export const TELLS_MANIFESTS = '1.48';

/** The query of `GET /images/NAME/json` that asks for the manifests. */
export function askForManifests(docker: DockerApi): Readonly<Record<string, string>> {
  return docker.speaks(TELLS_MANIFESTS) ? { manifests: '1' } : {};
}

/** An image of `GET /images/json` or `GET /images/NAME/json`. @throws ImageError INVALID */
export function readDockerImage(image: Fields): EngineImage {
  const tags = image.strings('RepoTags').filter((tag) => tag !== '<none>:<none>');
  const named = image.strings('RepoDigests').filter((each) => !each.startsWith('<none>@'));
  const digests = image.strings('RepoDigests').map((each) => each.slice(each.indexOf('@') + 1));
  const manifests = manifestsOf(image);
  return {
    id: image.digest('Id'),
    references: tags.map(canonicalReference),
    ...(tags.length === 0 && named.length > 0 ? { untagged: named.map(canonicalReference) } : {}),
    digests: digests.filter(isDigest),
    size: sizeOf(image),
    ...(manifests.length === 0 ? {} : { manifests }),
  };
}

/** Layers unpacked; with containerd's image store also the content of all manifests, from {@link TELLS_MANIFESTS} on. */
export function sizeOf(image: Fields): number {
  const manifests = Fields.listOf(image.raw('Manifests') ?? [], 'Manifests');
  if (manifests.length === 0) return image.integer('Size');
  return manifests.reduce((sum, each) => sum + each.object('Size').integer('Total'), 0);
}

/** Layers unpacked alone. */
export function unpackedSizeOf(image: Fields): number {
  const manifests = Fields.listOf(image.raw('Manifests') ?? [], 'Manifests');
  if (manifests.length === 0) return image.integer('Size');
  return manifests.reduce((sum, each) => {
    if (each.raw('Kind') !== 'image') return sum;
    const unpacked = each.object('ImageData').object('Size').raw('Unpacked');
    return sum + (typeof unpacked === 'number' ? unpacked : 0);
  }, 0);
}

/** Empty for docker's classic store, which has none; attestations are left out (API 1.48, ImageManifestSummary). */
function manifestsOf(image: Fields): readonly EngineManifest[] {
  return Fields.listOf(image.raw('Manifests') ?? [], 'Manifests').flatMap((manifest) => {
    if (manifest.raw('Kind') !== 'image') return [];
    const unpacked = manifest.object('ImageData').object('Size').raw('Unpacked');
    return [
      {
        digest: manifest.digest('ID'),
        isWhole: manifest.raw('Available') === true,
        isUnpacked: typeof unpacked === 'number' && unpacked > 0,
      },
    ];
  });
}
