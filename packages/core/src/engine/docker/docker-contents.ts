import { chainIds } from '../../oci/config.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import type { Fields } from './fields.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import { imagesOf } from '../../transfer/graph.js';
import type { Graph } from '../../transfer/graph.js';
import type { DockerApi } from './docker-api.js';
import { askForManifests, sizeOf, TELLS_MANIFESTS } from './docker-image.js';
import type { ImagePart } from '../engine.js';

/**
 * Disk use of an image by chain ID of its layers, which images share (`GET /images/{name}/history`, API 1.41). With
 * containerd's image store that is the content and what is unpacked of it; it is not told for each layer, so the whole is
 * divided by the unpacked sizes.
 */
export async function dockerContents(docker: DockerApi, id: string): Promise<readonly ImagePart[]> {
  const query = askForManifests(docker);
  const image = await docker.object('GET', `/images/${id}/json`, { query });
  const history = await docker.list(`/images/${id}/history`);
  const sizes = history.map((step) => step.integer('Size')).filter((size) => size > 0);
  const chains = chainIdsOf(image);
  // An empty layer has size 0 like a step without a layer: then sizes cannot be matched to layers.
  if (sizes.length !== chains.length) return [{ id, bytes: sizeOf(image) }];
  const unpacked = sizes.reduce((sum, size) => sum + size, 0);
  const factor = image.raw('Manifests') === undefined ? 1 : sizeOf(image) / unpacked;
  return chains.map((chain, at) => ({
    id: chain,
    bytes: Math.round((sizes.at(-1 - at) ?? 0) * factor),
  }));
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
