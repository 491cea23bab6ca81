import { chainIds } from '../../oci/config.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { ImageError } from '../../errors.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { CallOptions } from '../../transfer/store.js';
import type { DockerApi } from './docker-api.js';
import { Fields } from './fields.js';
import { askForManifests, sizeOf, TELLS_MANIFESTS, unpackedSizeOf } from './docker-image.js';
import { chainSizes, withoutGaps, type LayeredImage } from './chain-sizes.js';
import type { ImagePart } from '../engine.js';

/** The version of the API from which a list of images tells the size of what each shares with others. */
const TELLS_SHARED = '1.42';

/**
 * Disk use of all images, by image ID; the parts are chain IDs of layers, which images share. With containerd's image store
 * that is the content and what is unpacked of it; content is not told for each layer, so the whole is divided by the
 * unpacked sizes. The storage driver `vfs` keeps a copy of all layers below in each layer.
 */
export async function dockerContents(
  docker: DockerApi,
  options?: CallOptions,
): Promise<ReadonlyMap<Digest, readonly ImagePart[]>> {
  const images: (LayeredImage & { readonly bytes: number })[] = [];
  const ids = new Set(
    (await docker.list('/images/json', options)).map((each) => each.digest('Id')),
  );
  await forEachOf([...ids], { concurrency: 8, ...options }, async (id) => {
    const image = await readImage(docker, id, options);
    if (image) images.push(image);
  });
  const copies = (await docker.object('GET', '/info', options)).raw('Driver') === 'vfs';
  const sizes = await chainSizes(images, () => sharedSizes(docker, options));
  return new Map(
    images.map(({ id, chains, unpacked, bytes }) => {
      const wholes = withoutGaps(chains.map((chain) => sizes.get(chain)));
      const parts = chains.map((chain, at): ImagePart => {
        const [whole = 0, below = 0] = [wholes[at], wholes[at - 1]];
        const onDisk = copies ? whole : whole - below;
        return { id: chain, bytes: Math.round(onDisk * (bytes / unpacked)) };
      });
      return [id, chains.length > 0 && unpacked > 0 ? parts : [{ id, bytes }]];
    }),
  );
}

/** Undefined for an image that was removed in the meantime. */
async function readImage(docker: DockerApi, id: Digest, options?: CallOptions) {
  try {
    const query = askForManifests(docker);
    const image = await docker.object('GET', `/images/${id}/json`, { ...options, query });
    const history = await docker.list(`/images/${id}/history`, options);
    // The highest layer is the first. An empty layer has size 0 like a step without a layer.
    const steps = history.map((step) => step.integer('Size')).filter((size) => size > 0);
    const [chains, unpacked] = [chainIdsOf(image), unpackedSizeOf(image)];
    return { id, chains, steps: steps.reverse(), unpacked, bytes: sizeOf(image) };
  } catch (error) {
    if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** By image ID, the size of the layers that other images have, too. */
async function sharedSizes(
  docker: DockerApi,
  options?: CallOptions,
): Promise<ReadonlyMap<Digest, number>> {
  const images = docker.speaks(TELLS_SHARED)
    ? await docker.list('/images/json?shared-size=true', options)
    : Fields.listOf(
        (await docker.object('GET', '/system/df', options)).raw('Images') ?? [],
        'Images',
      );
  return new Map(
    images.flatMap((image) => {
      const shared = image.raw('SharedSize');
      return typeof shared === 'number' && shared >= 0 ? [[image.digest('Id'), shared]] : [];
    }),
  );
}

/**
 * Layers whose chain ID an image of the engine has: neither docker load nor podman load reads their files. A docker with
 * containerd's image store has the files of those layers, but maybe compressed in another way: it says after the load
 * whether one is missing, from {@link TELLS_MANIFESTS} on; before that nothing is reported for it.
 */
export async function dockerHolds(docker: DockerApi, graph: Graph): Promise<ReadonlySet<Digest>> {
  if (!docker.speaks(TELLS_MANIFESTS) && (await hasContainerdStore(docker))) return new Set();
  const here = new Set<Digest>();
  const images = await docker.list('/images/json');
  await forEachOf(images, { concurrency: 8 }, async (listed) => {
    const image = await docker.object('GET', `/images/${listed.string('Id')}/json`);
    for (const chain of chainIdsOf(image)) here.add(chain);
  });
  const layers = imagesOf(graph).flatMap(({ layers: own, config }) => {
    const chains = chainIds(config.diffIds);
    return own.map(({ digest }, at) => ({ digest, isHere: here.has(chains[at] ?? digest) }));
  });
  // A layer used in several images is held only if its chain is held in all of them.
  const wanted = new Set(layers.flatMap(({ digest, isHere }) => (isHere ? [] : [digest])));
  return new Set(layers.flatMap(({ digest }) => (wanted.has(digest) ? [] : [digest])));
}

/** Whether its images are in containerd's store, as whole manifests and indexes. */
export async function hasContainerdStore(docker: DockerApi): Promise<boolean> {
  const status = (await docker.object('GET', '/info')).raw('DriverStatus');
  return JSON.stringify(status ?? '').includes('io.containerd.snapshotter');
}

/** The chain IDs of the layers of an answer to `GET /images/{name}/json`. */
function chainIdsOf(image: Fields): readonly Digest[] {
  return chainIds(image.object('RootFS').strings('Layers').filter(isDigest));
}
