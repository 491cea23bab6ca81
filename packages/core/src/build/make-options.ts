import type { BuildAnswers, Engine, EngineEvent } from '../engine/engine.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Source } from '../transfer/store.js';
import type { ContextFile } from './source-files/context-file.js';
import type { Platform } from '../oci/platform.js';
import type { Notice } from '../wording.js';

/** An image to build on. */
export interface Base {
  /** Its name in its source and in an engine; fully qualified. */
  readonly reference: string;
  /** Absent if only the engine has the base. */
  readonly source?: Source;
  /** Digest from `image.lock.yaml`. */
  readonly digest?: Digest;
}

export interface MakeOptions extends CallOptions {
  /** The folder of the context, absolute. */
  readonly context: string;
  readonly files: readonly ContextFile[];
  /** The files of further contexts, by name. */
  readonly contexts?: ReadonlyMap<string, readonly ContextFile[]>;
  /** Absent for `scratch`. Its source must stay open as long as the returned image. */
  readonly base: Base | undefined;
  /** Network mode of build steps. */
  readonly network?: string | undefined;
  /** Time inside the image, in seconds since 1970: SOURCE_DATE_EPOCH, or 0. */
  readonly epoch: number;
  /** Opens the engine; called only for a definition with steps or a base that only the engine has. */
  readonly engine: () => Promise<Engine>;
  /** Run every step again, without the cache of the engine's builder. */
  readonly noCache?: boolean | undefined;
  /** Ask registries for the base, and for all images that the Dockerfile names. */
  readonly pull?: boolean | undefined;
  /** What steps of a Dockerfile may ask for. */
  readonly answers?: BuildAnswers | undefined;
  /** Folder for the temporary file with the image that the engine exports. */
  readonly spoolFolder: string;
  /** Folder for the indexes of layers of bases: `.stowage/layers`. */
  readonly layersFolder: string;
  readonly onEvent?: ((event: EngineEvent | Notice) => void) | undefined;
}

/** Options for one of the platforms. */
export type PlatformOptions = MakeOptions & {
  readonly platform: Platform;
  /** Called for each index of a layer that cannot be written. */
  readonly onUnkept?: ((error: unknown) => void) | undefined;
};
