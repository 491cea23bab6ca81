import { isDaemonless, type Definition } from '../definition/definition.js';
import type { Engine, EngineEvent } from '../engine/engine.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { composeImage } from './compose-image.js';
import type { ContextFile } from './context.js';
import { indexOver, type PlatformImage } from './index-source.js';
import { runDockerfile } from './run-dockerfile.js';

/** What a person should know, though nothing failed. */
export interface Notice {
  readonly type: 'notice';
  readonly text: string;
}

/** An image to build on. */
export interface Base {
  /** What it is called in its source and in an engine; fully qualified. */
  readonly reference: string;
  /** Absent: only the engine has it. */
  readonly source?: Source;
  /** What `image.lock.yaml` says it is. */
  readonly digest?: Digest;
}

/** For one platform of possibly several. */
export type PlatformOptions = MakeOptions & { readonly platform: Platform };

export interface MakeOptions extends CallOptions {
  /** The folder of the context, absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** Absent for `scratch`. Must stay open as long as the image that is made. */
  readonly base: Base | undefined;
  /** Network of build steps. */
  readonly network?: string | undefined;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, or 0. */
  readonly epoch: number;
  /** Asked for only when there are steps to run. */
  readonly engine: () => Promise<Engine>;
  /** Where the engine's answer is kept meanwhile. */
  readonly spoolFolder: string;
  readonly onEvent?: ((event: EngineEvent | Notice) => void) | undefined;
}

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
