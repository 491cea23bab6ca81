import type { Engine, EngineEvent } from '../engine/engine.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Source } from '../transfer/store.js';
import type { ContextFile } from './context.js';
import type { Platform } from '../oci/platform.js';

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

/** For one platform of possibly several. */
export type PlatformOptions = MakeOptions & { readonly platform: Platform };
