import type Docker from 'dockerode';
import { chainIds } from '../oci/config.js';
import { isDigest } from '../oci/digest.js';
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
