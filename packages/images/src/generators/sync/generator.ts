import { relative } from 'node:path';
import { normalizePath, type GeneratorCallback, type Tree } from '@nx/devkit';
import { planSync, syncCatalog, openWorkspace } from '@stowage/core';

interface SyncResult {
  readonly outOfSyncMessage?: string;
  readonly callback?: GeneratorCallback;
}

/** Updates the catalog to the archives on disk with `nx sync`; `nx sync:check` fails when they differ. */
export default async function syncGenerator(tree: Tree): Promise<SyncResult> {
  const workspace = await openWorkspace(tree.root);
  const { path, before, after } = await planSync(workspace);
  if (before === after) return {};
  const file = normalizePath(relative(tree.root, path));
  tree.write(file, after);
  return {
    outOfSyncMessage: `${file} does not match the archives on disk.`,
    // Runs again under the lock: another process may have saved an archive in between.
    callback: () => syncCatalog(workspace),
  };
}
