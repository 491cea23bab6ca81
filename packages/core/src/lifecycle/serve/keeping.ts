import { registryFolder } from '../maintain/registry-folder.js';
import { parseUpkeep, startUpkeep } from '../maintain/upkeep.js';
import type { Workspace } from '../workspace/workspace.js';
import { Retention } from './retention.js';
import type { ServeOptions } from './serve-options.js';

/** The periodic work on the folder of a registry that runs: garbage collection, scrubs and retention. */
export interface Keeping extends Disposable {
  /** Replaces the rules of retention. @throws ImageError USAGE; then the old ones stay */
  readonly update: (options: Pick<ServeOptions, 'prune'>) => void;
}

/** Starts it, until it is disposed of. @throws ImageError USAGE */
export function startKeeping(workspace: Workspace, options: ServeOptions): Keeping {
  const { now } = workspace.surroundings;
  const folder = registryFolder(workspace, options);
  const upkeep = startUpkeep(folder, parseUpkeep(options), { ...options, now });
  const retention = new Retention(workspace, options);
  const stop = (): void => {
    retention[Symbol.dispose]();
    upkeep[Symbol.dispose]();
  };
  try {
    retention.update(options.prune);
  } catch (error) {
    stop();
    throw error;
  }
  return { update: ({ prune }) => retention.update(prune), [Symbol.dispose]: stop };
}
