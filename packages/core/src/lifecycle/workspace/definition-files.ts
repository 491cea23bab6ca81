import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DEFINITION_FILE } from '../../definition/definition.js';

/** Folders in which a workspace has no files of its own. */
export const IGNORED_FOLDERS: readonly string[] = [
  'node_modules',
  '.git',
  '.nx',
  '.stowage',
  'dist',
];

/**
 * Finds the definitions in a workspace (`images/<name>/image.yaml` in any folder, as the Nx plugin does): absolute paths, sorted.
 * Links are not followed; hidden folders, and those that cannot be read, are left out. A workspace may have so many files that a
 * pattern, which a library compares with each of them, would take longer than all else.
 */
export async function definitionFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  async function search(folder: string, isInImages: boolean, isImages: boolean): Promise<void> {
    await setImmediate();
    for (const entry of entriesOf(folder)) {
      const { name } = entry;
      if (!entry.isDirectory()) {
        if (isInImages && name === DEFINITION_FILE) found.push(join(folder, name));
      } else if (!name.startsWith('.') && !IGNORED_FOLDERS.includes(name))
        await search(join(folder, name), isImages, name === 'images');
    }
  }
  await search(root, false, false);
  return found.sort();
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
