import type { Repository } from '../../distribution/repository.js';
import { withoutAnnotations, describe, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseConfig } from '../../oci/config.js';
import { parseJsonObject } from '../../oci/json.js';
import { ATTESTS, formatIndex, parseManifest } from '../../oci/manifest.js';
import { isImageConfigType, isIndexType, MediaType } from '../../oci/media-types.js';
import { formatPlatform } from '../../oci/platform.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';
import type { Graph, GraphDocument } from '../../transfer/graph.js';

/** An image in the form in which it is pushed. */
export interface PushableImage {
  readonly source: Source;
  readonly graph: Graph;
}

/**
 * Merges an image with the existing one (`there`) of its tag into an index of the platforms of both. Of a platform that
 * both have, ours wins; with `keep`, theirs. Content that the repository has is not sent again.
 *
 * @throws ImageError any error of the repository
 */
export async function mergeIndex(
  ours: PushableImage,
  repository: Repository,
  there: Descriptor,
  { keep, signal }: CallOptions & { readonly keep: boolean },
): Promise<PushableImage> {
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
  const documents = new Map<Digest, GraphDocument>([
    ...ours.graph.documents,
    [root.digest, { descriptor: root, bytes, manifest }],
  ]);
  return { source: ours.source, graph: { root, documents, nodes: [...moving, root], missing: [] } };
}

/** One entry of an index. */
interface IndexEntry {
  /** The descriptor as written: it may have fields that we do not parse. */
  readonly entry: Descriptor;
  readonly digest: Digest;
  /** Equal for two images of the same platform. */
  readonly key: string;
  /** For an attestation: digest of the image it describes. */
  readonly about?: Digest;
}

/** The entries of an index and its nested indexes; for an image, one entry with the platform of its config. */
async function imagesIn(
  root: Descriptor,
  read: (node: Descriptor) => Promise<Uint8Array>,
): Promise<IndexEntry[]> {
  const bytes = await read(root);
  const manifest = parseManifest(root.mediaType, bytes);
  if (manifest.kind === 'image') {
    const config = isImageConfigType(manifest.config.mediaType)
      ? parseConfig(await read(manifest.config))
      : undefined;
    const platform = config ? { platform: config.platform } : {};
    return [parseEntry({ ...withoutAnnotations(root), ...platform })];
  }
  const written = parseJsonObject(bytes, root.digest)['manifests'] as readonly Descriptor[];
  const images: IndexEntry[] = [];
  for (const [at, child] of manifest.manifests.entries())
    if (isIndexType(child.mediaType)) images.push(...(await imagesIn(child, read)));
    else images.push(parseEntry(written[at] ?? child));
  return images;
}

function parseEntry(entry: Descriptor): IndexEntry {
  const { platform, annotations, digest } = entry;
  const about = annotations?.[ATTESTS] as Digest | undefined;
  if (about !== undefined) return { entry, digest, key: digest, about };
  // Windows images also differ by OS version.
  const { 'os.version': version = '' } = (platform ?? {}) as { readonly 'os.version'?: string };
  return { entry, digest, key: platform ? `${formatPlatform(platform)} ${version}` : digest };
}

function isSame(some: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  const digests = new Set(others.map(({ digest }) => digest));
  return some.length === others.length && some.every(({ digest }) => digests.has(digest));
}
