import type { Repository } from '../../distribution/repository.js';
import { bare, describe, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseConfig } from '../../oci/config.js';
import { parseJsonObject } from '../../oci/json.js';
import { ATTESTS, formatIndex, parseManifest } from '../../oci/manifest.js';
import { isIndexType, MediaType } from '../../oci/media-types.js';
import { formatPlatform } from '../../oci/platform.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';
import type { Graph } from '../../transfer/graph.js';
import type { Document } from '../../transfer/graph.js';

/** An image as it will be there. */
export interface Ready {
  readonly source: Source;
  readonly graph: Graph;
}

/**
 * Joins an image with what its tag names in a repository: an index of the platforms of both. Where both have one,
 * ours wins, or with `keep` theirs. What is there already is not moved.
 *
 * @throws ImageError of the repository
 */
export async function merged(
  ours: Ready,
  repository: Repository,
  there: Descriptor,
  { keep, signal }: CallOptions & { readonly keep: boolean },
): Promise<Ready> {
  const ownContent = async (node: Descriptor) =>
    ours.graph.documents.get(node.digest)?.bytes ?? readContent(ours.source, node, { signal });
  const own = await imagesIn(ours.graph.root, ownContent);
  const theirs = await imagesIn(there, (node) => readContent(repository, node, { signal }));
  const [first, second] = keep ? [theirs, own] : [own, theirs];
  const taken = new Set(first.map(({ key }) => key));
  const winners = [...first, ...second.filter(({ key }) => !taken.has(key))];
  const digests = new Set(winners.map(({ digest }) => digest));
  const all = winners.filter(({ about }) => about === undefined || digests.has(about));
  if (isIndexType(there.mediaType) && isSame(all, theirs))
    return {
      source: ours.source,
      graph: { root: there, documents: new Map(), nodes: [], missing: [] },
    };
  const bytes = formatIndex(all.map(({ entry }) => entry));
  const root = describe(MediaType.index, bytes);
  const moving = ours.graph.nodes.filter(({ mediaType, digest }) => {
    const isManifest = ours.graph.documents.get(digest)?.manifest !== undefined;
    return !isManifest || (!isIndexType(mediaType) && digests.has(digest));
  });
  const manifest = parseManifest(MediaType.index, bytes);
  const documents = new Map<Digest, Document>([
    ...ours.graph.documents,
    [root.digest, { descriptor: root, bytes, manifest }],
  ]);
  return { source: ours.source, graph: { root, documents, nodes: [...moving, root], missing: [] } };
}

/** One image of an index. */
interface Listed {
  /** As it is written: it may say more than we read. */
  readonly entry: Descriptor;
  readonly digest: Digest;
  /** Equal for two images that run on the same. */
  readonly key: string;
  /** What it describes, if it is no image of its own. */
  readonly about?: Digest;
}

/** The images of an index, however deep; an image itself with the platform of its config. */
async function imagesIn(
  root: Descriptor,
  read: (node: Descriptor) => Promise<Uint8Array>,
): Promise<Listed[]> {
  const bytes = await read(root);
  const manifest = parseManifest(root.mediaType, bytes);
  if (manifest.kind === 'image') {
    const { platform } = parseConfig(await read(manifest.config));
    return [listed({ ...bare(root), platform })];
  }
  const written = parseJsonObject(bytes, root.digest)['manifests'] as readonly Descriptor[];
  const images: Listed[] = [];
  for (const [at, child] of manifest.manifests.entries())
    if (isIndexType(child.mediaType)) images.push(...(await imagesIn(child, read)));
    else images.push(listed(written[at] ?? child));
  return images;
}

function listed(entry: Descriptor): Listed {
  const { platform, annotations, digest } = entry;
  const about = annotations?.[ATTESTS] as Digest | undefined;
  if (about !== undefined) return { entry, digest, key: digest, about };
  // Windows has a version, too.
  const { 'os.version': version = '' } = (platform ?? {}) as { readonly 'os.version'?: string };
  return { entry, digest, key: platform ? `${formatPlatform(platform)} ${version}` : digest };
}

function isSame(some: readonly Listed[], others: readonly Listed[]): boolean {
  const digests = new Set(others.map(({ digest }) => digest));
  return some.length === others.length && some.every(({ digest }) => digests.has(digest));
}
