import { chainIds } from '../../oci/config.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import { imagesOf } from '../../transfer/graph.js';
import type { Graph } from '../../transfer/graph.js';
import type { DockerApi } from './docker-api.js';
import type { ImagePart } from '../engine.js';

/** Of `GET /images/{name}/json`, what is read here. */
interface Inspected {
  readonly RootFS: { readonly Layers?: readonly string[] };
  readonly Size: number;
}

/** What an image takes, by chains of layers, which images share (`GET /images/{name}/history`, API 1.41). */
export async function dockerContents(docker: DockerApi, id: string): Promise<readonly ImagePart[]> {
  const { RootFS, Size } = await docker.json<Inspected>('GET', `/images/${id}/json`);
  const history = await docker.json<readonly { readonly Size: number }[]>(
    'GET',
    `/images/${id}/history`,
  );
  const sizes = history.map((step) => step.Size).filter((size) => size > 0);
  const chains = chainIds((RootFS.Layers ?? []).filter(isDigest));
  // Steps that changed nothing are layers without a size; then nobody can say which is which.
  if (sizes.length !== chains.length) return [{ id, bytes: Size }];
  return chains.map((chain, at) => ({ id: chain, bytes: sizes.at(-1 - at) ?? 0 }));
}

/**
 * Layers whose chain some image here has: docker load reads no file for these, and podman load neither. An engine that
 * keeps its images in containerd wants the files themselves.
 */
export async function dockerHolds(docker: DockerApi, graph: Graph): Promise<ReadonlySet<Digest>> {
  const { DriverStatus: status } = await docker.json<{ DriverStatus?: unknown }>('GET', '/info');
  if (JSON.stringify(status ?? '').includes('io.containerd.snapshotter')) return new Set();
  const here = new Set<Digest>();
  const images = await docker.json<readonly { readonly Id: string }[]>('GET', '/images/json');
  await forEachOf(images, { concurrency: 8 }, async ({ Id }) => {
    const { RootFS } = await docker.json<Inspected>('GET', `/images/${Id}/json`);
    for (const chain of chainIds((RootFS.Layers ?? []).filter(isDigest))) here.add(chain);
  });
  const layers = imagesOf(graph).flatMap(({ layers: own, config }) => {
    const chains = chainIds(config.diffIds);
    return own.map(({ digest }, at) => ({ digest, isHere: here.has(chains[at] ?? digest) }));
  });
  // What is in two places must be there in both.
  const wanted = new Set(layers.flatMap(({ digest, isHere }) => (isHere ? [] : [digest])));
  return new Set(layers.flatMap(({ digest }) => (wanted.has(digest) ? [] : [digest])));
}
