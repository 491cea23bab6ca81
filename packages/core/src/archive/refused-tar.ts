import type { Parts } from '../disk/parts.js';
import { ImageError } from '../errors.js';
import { INDEX_FILE } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { DOCKER_MANIFEST } from './docker-archive.js';
import { knownTar, type OtherKind } from './other-kinds.js';
import { listNames } from './tar/tar-index.js';

/** Recognizes a tar that is no image by members that no image archive may have, such as links out of the archive. */
export async function refusedTar(
  file: Parts,
  limits: Limits | undefined,
): Promise<OtherKind | undefined> {
  try {
    const read = (position: number, length: number) => file.read(position, length);
    const names = await listNames(read, file.size, limits);
    const isImage = names.includes(INDEX_FILE) || names.includes(DOCKER_MANIFEST);
    return isImage ? undefined : knownTar(names);
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
