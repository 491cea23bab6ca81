import { lstat, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../errors.js';
import { unlessAbsent } from '../../disk/if-there.js';
import { entriesIn } from '../../disk/if-there.js';
import { repositoriesFolder } from '../../store/paths.js';

/** A repository that once had a manifest exists as long as it has these. */
const KEPT = ['_manifests', '_tags'];

/**
 * Removes the folders of repositories to which nothing was ever pushed in full: uploads begun under many names would
 * leave a folder for each.
 *
 * @param before folders that changed since (ms since 1970) stay.
 */
export async function removeEmptyFolders(root: string, before: number): Promise<void> {
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await entriesIn(root, folder)) {
      if (!entry.isDirectory() || KEPT.includes(entry.name)) continue;
      const path = join(folder, entry.name);
      await visit(path);
      const info = await unlessAbsent(() => lstat(path));
      if (info && info.mtimeMs < before) await rmdir(path).catch(unlessUsed);
    }
  };
  await visit(repositoriesFolder(root));
}

function unlessUsed(error: unknown): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
}
