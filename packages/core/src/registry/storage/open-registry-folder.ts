import type { RegistryStorage } from '../hosted.js';
import { RegistryStore } from './registry-store.js';

/** Limits of a registry's storage. */
export interface RegistryFolderOptions {
  /** Maximum disk space of the folder in bytes; unlimited when omitted. Writes beyond it fail with NO_SPACE. */
  readonly maxUsed?: number | undefined;
}

/**
 * Opens a folder as the storage of a registry, for `registryHandler`. The first write creates the folder. Any number of
 * processes may share it.
 */
export function openRegistryFolder(root: string, options?: RegistryFolderOptions): RegistryStorage {
  return new RegistryStore(root, options);
}
