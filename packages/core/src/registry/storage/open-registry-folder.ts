import type { RegistryStorage } from '../hosted.js';
import { RegistryStore } from './registry-store.js';

/** Bounds on the storage of a registry. */
export interface RegistryFolderOptions {
  /** How many bytes of content the folder may hold; unlimited when omitted. More is NO_SPACE. */
  readonly maxUsed?: number | undefined;
}

/**
 * Opens a folder as the storage of a registry, to be served by `registryHandler`. It is created by the first upload. Any
 * number of processes may share it.
 */
export function openRegistryFolder(root: string, options?: RegistryFolderOptions): RegistryStorage {
  return new RegistryStore(root, options);
}
