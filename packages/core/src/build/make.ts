import type { Definition } from '../definition/definition.js';
import type { Engine, EngineEvent } from '../engine/engine.js';
import type { Platform } from '../oci/platform.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { composeImage } from './compose-image.js';
import type { ContextFile } from './context.js';
import { runDockerfile } from './run-dockerfile.js';

/** An image to build on. */
export interface Base {
  /** What it is called in its source and in an engine; fully qualified. */
  readonly reference: string;
  /** Absent: only the engine has it. */
  readonly source?: Source;
}

export interface MakeOptions extends CallOptions {
  /** The folder of the context, absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** Absent for `scratch`. Must stay open as long as the image that is made. */
  readonly base: Base | undefined;
  /** What it is made for. */
  readonly platform: Platform;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, or 0. */
  readonly epoch: number;
  /** Asked for only when the definition has a Dockerfile. */
  readonly engine: () => Promise<Engine>;
  /** Where the engine's answer is kept meanwhile. */
  readonly spoolFolder: string;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

/**
 * Makes the image of a definition: with an engine from its Dockerfile, else without one from the base and
 * files. What is returned can be copied anywhere.
 *
 * @throws ImageError UNAVAILABLE (a Dockerfile and no engine that builds), NOT_FOUND (a file, the base), INVALID (a step failed)
 */
export async function makeImage(definition: Definition, options: MakeOptions): Promise<Source> {
  return definition.dockerfile === undefined
    ? composeImage(definition, options)
    : runDockerfile(definition, definition.dockerfile, options);
}
