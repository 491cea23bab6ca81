import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesIn, ignoreMissing, removeEmptyFolder } from '../../disk/if-there.js';
import { repositoriesFolder } from '../../store/paths.js';

/** Folders that make a repository exist, even when they are empty. */
const KEPT_FOLDERS = ['_manifests', '_tags'];

/**
 * Removes folders of repositories that never had a manifest: abandoned uploads to many repository names would otherwise
 * leave a folder for each.
 *
 * @param before folders changed at or after this time (ms since 1970) are kept.
 */
export async function removeEmptyFolders(root: string, before: number): Promise<void> {
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await entriesIn(root, folder)) {
      if (!entry.isDirectory() || KEPT_FOLDERS.includes(entry.name)) continue;
      const path = join(folder, entry.name);
      await visit(path);
      const info = await ignoreMissing(() => lstat(path));
      if (info && info.mtimeMs < before) await removeEmptyFolder(path);
    }
  };
  await visit(repositoriesFolder(root));
}
