import type { RegistryFlags } from '../distribution/open-repository.js';
import type { EngineOptions } from '../engine/detect.js';
import type { EngineEvent } from '../engine/engine.js';
import type { CallOptions } from '../transfer/store.js';
import type { CopyEvent } from '../transfer/copy.js';

/** What a verb reports while it works. */
export type LifecycleEvent =
  | CopyEvent
  | EngineEvent
  | { readonly type: 'step'; readonly subject: string; readonly text: string }
  | { readonly type: 'notice'; readonly text: string };

/** What every verb takes. */
export interface VerbOptions
  extends CallOptions,
    Pick<EngineOptions, 'engine' | 'host' | 'namespace'> {
  readonly onEvent?: ((event: LifecycleEvent) => void) | undefined;
  /** How to reach registries. */
  readonly registry?: RegistryFlags | undefined;
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean | undefined;
}
