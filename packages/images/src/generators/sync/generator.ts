import { relative } from 'node:path';
import { normalizePath, type GeneratorCallback, type Tree } from '@nx/devkit';
import { planSync, syncCatalog, openWorkspace } from '@stowage/core';
import { ignoredByGit } from '../../ignored-by-git.js';
import { ignoreArchives, isLeftBehind } from '../init/ignore-archives.js';

interface SyncResult {
  readonly outOfSyncMessage?: string;
  readonly callback?: GeneratorCallback;
}

/**
 * Updates the catalog to the archives on disk with `nx sync`, where git keeps the catalog; a catalog that git ignores
 * differs from machine to machine. Takes the entries of `.gitignore` along when the folder of archives moves.
 */
export default async function syncGenerator(tree: Tree): Promise<SyncResult> {
  const workspace = await openWorkspace(tree.root);
  const moved = isLeftBehind(tree);
  if (moved) ignoreArchives(tree);
  const { path, before, after } = await planSync(workspace);
  const file = normalizePath(relative(tree.root, path));
  const isKept = before !== after && ignoredByGit([path], tree.root).length === 0;
  const messages = [
    ...(moved ? ['.gitignore does not name the archives in their folder.'] : []),
    ...(isKept ? [`${file} does not match the archives on disk.`] : []),
  ];
  if (messages.length === 0) return {};
  if (isKept) tree.write(file, after);
  return {
    outOfSyncMessage: messages.join('\n'),
    // Runs again under the lock: another process may have saved an archive in between.
    ...(isKept ? { callback: () => syncCatalog(workspace) } : {}),
  };
}
