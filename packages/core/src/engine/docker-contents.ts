import type Docker from 'dockerode';
import { chainIds } from '../oci/config.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { imagesOf, type Graph } from '../transfer/walk.js';
import type { ImagePart } from './engine.js';

/** What an image takes, by chains of layers, which images share (`GET /images/{name}/history`, API 1.41). */
export async function dockerContents(docker: Docker, id: string): Promise<readonly ImagePart[]> {
  const image = docker.getImage(id);
  const { RootFS, Size } = await image.inspect();
  const history = (await image.history()) as readonly { readonly Size: number }[];
  const sizes = history.map((step) => step.Size).filter((size) => size > 0);
  const chains = chainIds((RootFS.Layers ?? []).filter(isDigest));
  // Steps that changed nothing are layers without a size; then nobody can say which is which.
  if (sizes.length !== chains.length) return [{ id, bytes: Size }];
  return chains.map((chain, at) => ({ id: chain, bytes: sizes.at(-1 - at) ?? 0 }));
}

/** Layers that a graph is missing, and whose chain some image here has: docker load reads no file for these. */
export async function dockerHolds(docker: Docker, graph: Graph): Promise<ReadonlySet<Digest>> {
  const here = new Set<Digest>();
  for (const { Id } of await docker.listImages()) {
    const { RootFS } = await docker.getImage(Id).inspect();
    for (const chain of chainIds((RootFS.Layers ?? []).filter(isDigest))) here.add(chain);
  }
  const missing = new Set(graph.missing.map(({ digest }) => digest));
  const held = imagesOf(graph).flatMap(({ layers, config }) => {
    const chains = chainIds(config.diffIds);
    return layers.filter(({ digest }, at) => missing.has(digest) && here.has(chains[at] ?? digest));
  });
  return new Set(held.map(({ digest }) => digest));
}
