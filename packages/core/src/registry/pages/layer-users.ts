import type { Digest } from '../../oci/digest.js';
import type { Documents } from './documents.js';
import { readImage } from './image-facts.js';
import { sortTags } from './sort-tags.js';

/** Layers are compared among the images of this many tags of a repository. */
const MAX_COMPARED_TAGS = 300;

/** Which images of a repository have a tag, and which layers they use. */
export interface LayerUsers {
  /** The tags of an image. */
  readonly tagsOf: (image: Digest) => readonly string[];
  /** The number of images that use a layer. */
  readonly count: (layer: Digest) => number;
}

/** Reads the manifests of the first tags of a repository. */
export async function readLayerUsers(documents: Documents): Promise<LayerUsers> {
  const { reader, repository } = documents;
  const all = sortTags((await reader.tags(repository)) ?? []);
  const tags = new Map<Digest, string[]>();
  const users = new Map<Digest, Set<Digest>>();
  for (const tag of all.slice(0, MAX_COMPARED_TAGS)) {
    const image = await readImage(documents, tag);
    if (!image) continue;
    const { digest } = image.descriptor;
    tags.set(digest, [...(tags.get(digest) ?? []), tag]);
    for (const { manifest } of image.images)
      for (const layer of manifest?.layers ?? [])
        users.set(layer.digest, (users.get(layer.digest) ?? new Set()).add(digest));
  }
  return {
    tagsOf: (image) => tags.get(image) ?? [],
    count: (layer) => users.get(layer)?.size ?? 0,
  };
}
