import { isDaemonless, type Definition } from '../definition/definition.js';
import type { Platform } from '../oci/platform.js';
import type { Source } from '../transfer/store.js';
import { composeImage } from './compose-image.js';
import { indexOver, type PlatformImage } from './index-source.js';
import type { MakeOptions } from './make-options.js';
import { runDockerfile } from './run-dockerfile.js';

/**
 * Makes the image of a definition: with an engine from its Dockerfile or its steps, else without one from
 * the base and files. Several platforms make one index. What is returned can be copied anywhere; the
 * caller disposes of it.
 *
 * @throws ImageError UNAVAILABLE (steps and no engine that runs them), NOT_FOUND (a file, the base), INVALID
 *   (a step failed), CONFLICT (the base is not the one that was locked)
 */
export async function makeImage(
  definition: Definition,
  { platforms, ...options }: MakeOptions & { readonly platforms: readonly Platform[] },
): Promise<Source> {
  const make = (platform: Platform) =>
    isDaemonless(definition)
      ? composeImage(definition, { ...options, platform })
      : runDockerfile(definition, { ...options, platform });
  const [first, ...others] = platforms;
  if (!first) throw new TypeError('an image is made for at least one platform');
  if (others.length === 0) return make(first);
  const images: PlatformImage[] = [];
  try {
    for (const platform of platforms) images.push({ platform, source: await make(platform) });
    return await indexOver(definition.reference, images);
  } catch (error) {
    for (const { source } of images) await source[Symbol.asyncDispose]();
    throw error;
  }
}
