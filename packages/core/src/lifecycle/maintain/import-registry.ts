import { resolve } from 'node:path';
import {
  importImages,
  type ImportedRegistry,
} from '../../registry/storage/import/import-images.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import {
  refuseForeignLayout,
  registryFolder,
  requireWritable,
  type RegistryFolder,
} from './registry-folder.js';

/** Options of {@link importRegistry}. */
export interface ImportRegistryOptions extends RegistryFolder, Pick<VerbOptions, 'onEvent'> {}

/**
 * Imports the images of the folder of docker-registry or of zot, or of an OCI layout, into the folder of a registry, with
 * their digests and tags. Nothing changes in the other folder; on one file system no blob is copied (hard links). The
 * other program should not be running.
 *
 * @throws ImageError NOT_FOUND (no such folder, or none of these), USAGE (`root`), NO_SPACE
 */
export async function importRegistry(
  workspace: Workspace,
  folder: string,
  { onEvent, signal, ...options }: ImportRegistryOptions,
): Promise<ImportedRegistry> {
  const root = registryFolder(workspace, options);
  await refuseForeignLayout(root);
  await requireWritable(root, onEvent);
  return importImages(resolve(options.cwd, folder), root, { signal });
}
