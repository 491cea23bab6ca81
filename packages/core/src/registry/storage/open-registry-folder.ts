import type { RegistryStorage } from '../hosted.js';
import type { RegistryFolderOptions } from './quota/quotas.js';
import { RegistryStore } from './registry-store.js';

/**
 * Opens a folder as the storage of a registry, for `registryHandler`. The first write creates the folder. Any number of
 * processes may share it.
 */
export function openRegistryFolder(root: string, options?: RegistryFolderOptions): RegistryStorage {
  return new RegistryStore(root, options);
}
