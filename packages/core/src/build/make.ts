import { isDaemonless, type Definition } from '../definition/definition.js';
import type { Platform } from '../oci/platform.js';
import type { Source } from '../transfer/store.js';
import { createIndexSource, type PlatformImage } from './index-source.js';
import { lostModesNotice } from './engine/lost-modes.js';
import type { MakeOptions } from './make-options.js';
import { requirePullable } from './engine/require-pullable.js';
import { runDockerfile } from './engine/run-dockerfile.js';
import type { Notice } from '../wording.js';

/**
 * Makes the image of a definition: with an engine if it has a Dockerfile or steps, else without one from the base and
 * files. Several platforms give one index. The caller disposes of the returned source.
 *
 * @throws ImageError UNAVAILABLE (steps, but no engine that runs commands; `pull` of what no registry is asked for), NOT_FOUND (a file, the base), INVALID
 *   (a step failed), CONFLICT (the base does not have the locked digest)
 */
export async function makeImage(
  definition: Definition,
  { platforms, ...options }: MakeOptions & { readonly platforms: readonly Platform[] },
): Promise<Source> {
  if (options.pull) requirePullable(definition, options.base);
  let isTold = false;
  const onUnkept = (error: unknown): void => {
    if (!isTold) options.onEvent?.(unkeptNotice(options.layersFolder, error));
    isTold = true;
  };
  const make = async (platform: Platform): Promise<Source> => {
    if (!isDaemonless(definition)) return runDockerfile(definition, { ...options, platform });
    // Loaded on demand: an image that is up to date, and every other command, needs none of it.
    const { composeImage } = await import('./compose-image.js');
    return composeImage(definition, { ...options, platform, onUnkept });
  };
  const notice = lostModesNotice(definition, options.files, options.context);
  if (notice) options.onEvent?.(notice);
  const [first, ...others] = platforms;
  if (!first) throw new TypeError('an image is made for at least one platform');
  if (others.length === 0) return make(first);
  const images: PlatformImage[] = [];
  try {
    for (const platform of platforms) images.push({ platform, source: await make(platform) });
    return await createIndexSource(definition.reference, images);
  } catch (error) {
    for (const { source } of images) await source[Symbol.asyncDispose]();
    throw error;
  }
}

function unkeptNotice(folder: string, error: unknown): Notice {
  const why = error instanceof Error ? error.message : String(error);
  return {
    type: 'notice',
    text: `${folder}: indexes of the base's layers are not kept, so the next build reads the layers again: ${why}`,
  };
}
