import type { RegistryLoginOptions } from '../../distribution/open-repository.js';
import type { EngineOptions } from '../../engine/detect.js';
import type { EngineEvent } from '../../engine/engine.js';
import type { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import type { CopyEvent } from '../../transfer/copy.js';

/**
 * Progress of a verb: copied bytes, output lines of the engine, the start of a step, an archive that was written (in `files`
 * parts, of `bytes` together), and notices for the user.
 */
export type LifecycleEvent =
  | CopyEvent
  | EngineEvent
  | { readonly type: 'step'; readonly subject: string; readonly text: string }
  | {
      readonly type: 'written';
      readonly path: string;
      readonly files: number;
      readonly bytes: number;
    };

/** Options of every verb. */
export interface VerbOptions
  extends CallOptions,
    Pick<EngineOptions, 'engine' | 'host' | 'namespace'> {
  /** Called with progress and notices. */
  readonly onEvent?: ((event: LifecycleEvent) => void) | undefined;
  /** Options for connecting and logging in to registries. */
  readonly registry?: RegistryLoginOptions | undefined;
  /**
   * Fetch foreign layers from the `urls` of their descriptors, and send them to registries too. When omitted, they are left
   * out where the source lacks them and where the destination is a registry.
   */
  readonly foreignLayers?: boolean | undefined;
  /**
   * Called with the failure of one input or image; the verb goes on with the others, and its results lack that one. When
   * omitted, the first failure is thrown.
   */
  readonly onFailure?: ((error: ImageError) => void) | undefined;
  /** Return the planned result without changing anything. */
  readonly dryRun?: boolean | undefined;
}
