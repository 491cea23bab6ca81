import { ImageError, isMalformed } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { blobPath, type NamedDescriptor } from '../oci/layout.js';
import { isPlainLayerType } from '../oci/media-types.js';
import type { Limits } from '../oci/limits.js';
import type { DockerHalf, DockerImage } from '../transfer/halves.js';
import type { LayoutSource } from '../transfer/layout-source.js';
import { budgetFor, walk } from '../transfer/graph/walk.js';
import { imagesOf, malformedIn } from '../transfer/graph/graph.js';
import type { Graph } from '../transfer/graph/graph.js';
import { ArchiveMembers, configDigestIn } from './archive-members.js';
import { DockerArchive, referencesOf, type DockerItem } from './docker-archive.js';
import type { TarFile } from './tar/tar-file.js';

/**
 * The OCI half of a hybrid archive; images without a name get their names from the docker half.
 *
 * @returns undefined when an image of the docker half is malformed, contradicts its config or is missing here. Early
 *   Docker 25.0 wrote hybrids whose OCI half has wrong layers or sizes; the docker half must be read then. What only the
 *   OCI half lists (signatures, artifacts) may be malformed.
 * @throws ImageError CORRUPT, TOO_LARGE: damage is reported, because the docker half has fewer digests to detect it
 */
export async function ociHalf(
  source: LayoutSource,
  tar: TarFile,
  items: readonly DockerItem[],
): Promise<LayoutSource | undefined> {
  const images: NamedDescriptor[] = [];
  const budget = budgetFor(source);
  const graphs = new Map<Digest, Graph | undefined>();
  const sound = new Set<Digest>();
  for await (const image of source.list()) {
    const { descriptor } = image;
    images.push(image);
    if (graphs.has(descriptor.digest)) continue;
    const graph = await walk(source, descriptor, { missing: 'report', budget }).catch(
      unlessMalformed,
    );
    const isSound = graph && malformedIn(graph).length === 0 && (await matchesConfigs(graph, tar));
    graphs.set(descriptor.digest, isSound ? graph : undefined);
    for (const { configDescriptor } of isSound ? imagesOf(graph) : [])
      sound.add(configDescriptor.digest);
  }
  const isWhole = [...graphs.values()].every((graph) => graph !== undefined) && graphs.size > 0;
  const describes = ({ config }: DockerItem) => sound.has(configDigestIn(config) ?? 'sha256:');
  if (!isWhole && !items.every(describes)) return undefined;
  const usedNames = new Set(images.map(({ reference }) => reference));
  const names = namesByConfig(items);
  const alreadyNamed = new Set<Digest>();
  return source.named(
    images.flatMap((image) => {
      const graph = graphs.get(image.descriptor.digest);
      // Only the first unnamed entry of an image gets names: the others would get the same.
      if (image.reference !== undefined || !graph || alreadyNamed.has(graph.root.digest))
        return [image];
      alreadyNamed.add(graph.root.digest);
      const named = namesOf(graph, names).filter(({ reference }) => !usedNames.has(reference));
      return named.length === 0 ? [image] : named;
    }),
  );
}

/** The docker half, each image opened alone, so that a fault of one image does not hide the others. */
export async function dockerHalf(
  location: string,
  tar: TarFile,
  { items, limits }: { readonly items: readonly DockerItem[]; readonly limits: Limits | undefined },
): Promise<DockerHalf> {
  const members = new ArchiveMembers(location, tar, limits);
  const images: DockerImage[] = [];
  for (const item of items) {
    const references = referencesOf(item);
    let config: Digest | undefined;
    try {
      config = (await members.config(item.config)).descriptor.digest;
      const source = await DockerArchive.open(location, tar, { limits, items: [item], members });
      images.push({ references, config, source });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      images.push({ references, error, ...(config === undefined ? {} : { config }) });
    }
  }
  return { location, images };
}

async function matchesConfigs(graph: Graph, tar: TarFile): Promise<boolean> {
  for (const { layers, config } of imagesOf(graph)) {
    for (const [at, { mediaType, digest, size }] of layers.entries()) {
      if (isPlainLayerType(mediaType) && digest !== config.diffIds[at]) return false;
      if (((await tar.size(blobPath(digest))) ?? size) !== size) return false;
    }
  }
  return true;
}

type Name = DockerItem['names'][number];

function namesByConfig(items: readonly DockerItem[]): ReadonlyMap<Digest, readonly Name[]> {
  const names = new Map<Digest, Name[]>();
  for (const item of items) {
    const config = configDigestIn(item.config);
    if (config === undefined) continue;
    const known = names.get(config) ?? [];
    for (const name of item.names) if (name.reference !== undefined) known.push(name);
    names.set(config, known);
  }
  return names;
}

function namesOf(graph: Graph, names: ReadonlyMap<Digest, readonly Name[]>): NamedDescriptor[] {
  const { root } = graph;
  return imagesOf(graph).flatMap(({ configDescriptor }) =>
    (names.get(configDescriptor.digest) ?? []).map((name) => ({ descriptor: root, ...name })),
  );
}

function unlessMalformed(error: unknown): undefined {
  if (isMalformed(error)) return undefined;
  throw error;
}
