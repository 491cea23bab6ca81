import type { Repository } from '../../distribution/repository.js';
import { withoutAnnotations, describe, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseConfig } from '../../oci/config.js';
import { objectsIn, parseJsonObject, type JsonObject } from '../../oci/json.js';
import { ATTESTS, parseManifest } from '../../oci/manifest.js';
import { platformKey } from '../../oci/match-platform.js';
import { isImageConfigType, isIndexType, MediaType } from '../../oci/media-types.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';
import type { Graph, GraphDocument } from '../../transfer/graph/graph.js';

/** An image in the form in which it is pushed. */
export interface PushableImage {
  readonly source: Source;
  readonly graph: Graph;
}

/**
 * Merges an image with the existing one (`there`) of its tag into an index of the platforms of both. Of a platform that
 * both have, ours wins; with `keep`, theirs. Their index is edited (ours if theirs is an image): its other fields, its
 * entries that stay and their order are kept. Content that the repository has is not sent again.
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
  const all = mergeEntries(own.entries, theirs.entries, keep);
  if (isIndexType(there.mediaType) && isSame(all, theirs.entries))
    return {
      source: ours.source,
      graph: { root: there, documents: new Map(), nodes: [], missing: [] },
    };
  const { root, bytes } = formatMerged(theirs.index ?? own.index, all);
  const digests = new Set(all.map(({ digest }) => digest));
  const moving = ours.graph.nodes.filter(({ mediaType, digest }) => {
    const isManifest = ours.graph.documents.get(digest)?.manifest !== undefined;
    return !isManifest || (!isIndexType(mediaType) && digests.has(digest));
  });
  const manifest = parseManifest(root.mediaType, bytes);
  const documents = new Map<Digest, GraphDocument>([
    ...ours.graph.documents,
    [root.digest, { descriptor: root, bytes, manifest }],
  ]);
  const graph = { ...ours.graph, root, documents, nodes: [...moving, root] };
  return { source: ours.source, graph };
}

/** One entry of an index. */
export interface IndexEntry {
  /** The descriptor as written: it may have fields that we do not parse. */
  readonly entry: JsonObject;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Equal for two images of the same platform. */
  readonly key: string;
  /** For an attestation: digest of the image it describes. */
  readonly about?: string;
}

/** The entries of an image or an index, and the index as it is written, if it is one. */
export interface Entries {
  readonly index?: JsonObject;
  readonly entries: readonly IndexEntry[];
}

/** The entries of an index and its nested indexes; for an image, one entry with the platform of its config. */
export async function imagesIn(
  root: Descriptor,
  read: (node: Descriptor) => Promise<Uint8Array>,
): Promise<Entries> {
  const bytes = await read(root);
  const manifest = parseManifest(root.mediaType, bytes);
  if (manifest.kind === 'image') {
    const config = isImageConfigType(manifest.config.mediaType)
      ? parseConfig(await read(manifest.config))
      : undefined;
    const platform = config ? { platform: config.platform } : {};
    const entry = { ...withoutAnnotations(root), ...platform };
    return { entries: [entryOf(entry, { ...entry })] };
  }
  const index = parseJsonObject(bytes, root.digest);
  const written = objectsIn(index, 'manifests', root.digest);
  const entries: IndexEntry[] = [];
  for (const [at, child] of manifest.manifests.entries())
    if (isIndexType(child.mediaType)) entries.push(...(await imagesIn(child, read)).entries);
    else entries.push(entryOf(child, written[at] ?? {}));
  return { index, entries };
}

function entryOf(descriptor: Descriptor, entry: JsonObject): IndexEntry {
  const { platform, annotations, digest, mediaType } = descriptor;
  const about = annotations?.[ATTESTS];
  if (about !== undefined) return { entry, mediaType, digest, key: digest, about };
  const isKnown = platform !== undefined && platform.os !== 'unknown';
  return { entry, mediaType, digest, key: isKnown ? platformKey(platform) : digest };
}

/** Their entries, each replaced by ours of its platform unless `keep`, then our others. */
function mergeEntries(
  own: readonly IndexEntry[],
  theirs: readonly IndexEntry[],
  keep: boolean,
): readonly IndexEntry[] {
  const [ownKeys, theirKeys] = [own, theirs].map((all) => new Set(all.map(({ key }) => key)));
  const placed = new Set<IndexEntry>();
  const inPlace = theirs.flatMap((entry) => {
    if (keep || !ownKeys?.has(entry.key)) return [entry];
    const ours = own.filter((each) => each.key === entry.key && !placed.has(each));
    for (const each of ours) placed.add(each);
    return ours;
  });
  const added = own.filter((each) => !placed.has(each) && !(keep && theirKeys?.has(each.key)));
  const all = [...inPlace, ...added];
  const digests = new Set<string>(all.map(({ digest }) => digest));
  return all.filter(({ about }) => about === undefined || digests.has(about));
}

/** Writes the entries into an index. A list in Docker's format becomes OCI's index when an entry is in OCI's. */
function formatMerged(
  index: JsonObject | undefined,
  all: readonly IndexEntry[],
): { readonly root: Descriptor; readonly bytes: Uint8Array } {
  const isDocker =
    index?.['mediaType'] === MediaType.dockerList &&
    all.every(({ mediaType }) => mediaType === MediaType.dockerManifest);
  const mediaType = isDocker ? MediaType.dockerList : MediaType.index;
  const manifests = all.map(({ entry }) => entry);
  const merged = index
    ? { ...index, manifests, ...(index['mediaType'] === undefined ? {} : { mediaType }) }
    : { schemaVersion: 2, mediaType, manifests };
  const bytes = Buffer.from(JSON.stringify(merged));
  return { root: describe(mediaType, bytes), bytes };
}

function isSame(some: readonly IndexEntry[], others: readonly IndexEntry[]): boolean {
  const digests = new Set(others.map(({ digest }) => digest));
  return some.length === others.length && some.every(({ digest }) => digests.has(digest));
}
