import { relative } from 'node:path';
import { normalizePath, type GeneratorCallback, type Tree } from '@nx/devkit';
import { planSync, syncCatalog, openWorkspace } from '@stowage/core';

interface SyncResult {
  readonly outOfSyncMessage?: string;
  readonly callback?: GeneratorCallback;
}

/** Makes the catalog say what is on disk: `nx sync` writes it, `nx sync:check` says whether it does. */
export default async function syncGenerator(tree: Tree): Promise<SyncResult> {
  const workspace = await openWorkspace(tree.root);
  const { path, before, after } = await planSync(workspace);
  if (before === after) return {};
  const file = normalizePath(relative(tree.root, path));
  tree.write(file, after);
  return {
    outOfSyncMessage: `${file} does not say which archives there are.`,
    // Once more under the lock: another process may have saved between reading and writing.
    callback: () => syncCatalog(workspace),
  };
}
