import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseKubernetes, type KubernetesImage } from '../../definition/kubernetes.js';
import { isMissing } from '../../disk/if-there.js';
import { ImageError } from '../../errors.js';
import { readAll } from '../../transfer/verified.js';
import type { Bytes } from '../../transfer/store.js';

/** Maximum size of manifests from standard input in bytes, well above any rendered set. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** How Kubernetes manifests are read. */
export interface KubernetesOptions {
  /** A relative path starts here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin: () => Bytes;
}

/**
 * Lists the images that Kubernetes manifests name.
 *
 * @param file a path, or `-` for standard input.
 * @throws ImageError NOT_FOUND, USAGE
 */
export async function kubernetesImages(
  file: string,
  { cwd, stdin }: KubernetesOptions,
): Promise<KubernetesImage[]> {
  if (file === '-')
    return parseKubernetes({
      text: Buffer.from(await readAll(stdin(), MAX_INPUT_BYTES)).toString(),
      path: file,
    });
  try {
    return parseKubernetes({ text: await readFile(resolve(cwd, file), 'utf8'), path: file });
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new ImageError('NOT_FOUND', `${file}: expected Kubernetes manifests, got no such file`, {
      location: file,
      cause,
    });
  }
}
