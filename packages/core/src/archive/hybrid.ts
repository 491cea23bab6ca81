import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { blobPath, type NamedDescriptor } from '../oci/layout.js';
import { isPlainLayerType } from '../oci/media-types.js';
import type { LayoutSource } from '../transfer/layout-source.js';
import { imagesOf, walk, type Graph } from '../transfer/walk.js';
import type { DockerItem } from './docker-archive.js';
import type { TarFile } from './tar-file.js';

/**
 * The OCI half of a tar that has a docker half, too: with the names that only the docker half knows.
 *
 * @returns undefined when it does not agree with its own configs. Early Docker 25.0 wrote hybrids whose OCI half
 * has wrong layers or sizes; then the docker half is the truth.
 * @throws ImageError of what is damaged: that is never passed over for the half that has fewer digests
 */
export async function ociHalf(
  source: LayoutSource,
  tar: TarFile,
  items: readonly DockerItem[],
): Promise<LayoutSource | undefined> {
  const images: NamedDescriptor[] = [];
  const graphs = new Map<Digest, Graph>();
  for await (const image of source.list()) {
    const { descriptor } = image;
    const known = graphs.get(descriptor.digest);
    const graph =
      known ?? (await walk(source, descriptor, { missing: 'report' }).catch(unlessMalformed));
    if (!graph || (!known && !(await agrees(graph, tar)))) return undefined;
    graphs.set(descriptor.digest, graph);
    images.push(image);
  }
  if (images.length === 0 && items.length > 0) return undefined;
  const taken = new Set(images.map(({ reference }) => reference));
  return source.named(
    images.flatMap((image) => {
      const graph = graphs.get(image.descriptor.digest);
      if (image.reference !== undefined || !graph) return [image];
      const named = namesOf(graph, items).filter(({ reference }) => !taken.has(reference));
      return named.length === 0 ? [image] : named;
    }),
  );
}

async function agrees(graph: Graph, tar: TarFile): Promise<boolean> {
  for (const { layers, config } of imagesOf(graph)) {
    for (const [at, { mediaType, digest, size }] of layers.entries()) {
      if (isPlainLayerType(mediaType) && digest !== config.diffIds[at]) return false;
      if (((await tar.size(blobPath(digest))) ?? size) !== size) return false;
    }
  }
  return true;
}

function namesOf(graph: Graph, items: readonly DockerItem[]): NamedDescriptor[] {
  const configs = imagesOf(graph).map(({ configDescriptor: { digest } }) => digest);
  const isOurs = ({ config }: DockerItem) =>
    configs.some((digest) => config.includes(digest.slice(digest.indexOf(':') + 1)));
  return items
    .filter(isOurs)
    .flatMap(({ names }) =>
      names
        .filter(({ reference }) => reference !== undefined)
        .map((name) => ({ descriptor: graph.root, ...name })),
    );
}

function unlessMalformed(error: unknown): undefined {
  if (error instanceof ImageError && error.code === 'INVALID') return undefined;
  throw error;
}
