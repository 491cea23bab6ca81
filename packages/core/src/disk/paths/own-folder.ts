import { readdirSync, type Dirent } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ImageError, systemCode } from '../../errors.js';
import { systemPath } from './byte-names.js';
import { ignoreMissing, ignoreMissingSync } from '../if-there.js';
import { inside, isBelow } from './inside.js';
import { realPath } from './real-path.js';

/**
 * Refuses a folder that a symbolic link leads out of its root: writes and deletions would happen outside. The root itself
 * may be a link. Folders that do not exist yet are accepted.
 *
 * @throws ImageError INVALID, naming the link
 */
export async function requireFolderBelow(root: string, folder: string): Promise<void> {
  inside(root, relative(root, folder));
  const home = await realPath(root);
  let at = root;
  for (const segment of relative(root, folder).split(sep)) {
    at = join(at, segment);
    if (!(await ignoreMissing(() => lstat(systemPath(at))))?.isSymbolicLink()) continue;
    const real = await realPath(at);
    if (home === undefined || real === undefined || !isBelow(home, real))
      throw outsideLinkError(at, root);
  }
}

/** Like {@link requireFolderBelow}, for the folder and all folders in it down to a depth. */
export async function requireFoldersBelow(
  root: string,
  folder: string,
  depth: number,
): Promise<void> {
  await requireFolderBelow(root, folder);
  // A link to a file is refused where the file is opened.
  for (const link of linksIn(folder, depth))
    if (await isFolder(link)) await requireFolderBelow(root, link);
}

/**
 * The symbolic links in a folder and in all folders in it down to a depth. The listing of a folder tells which of its entries are
 * folders and which are links. Synchronous: there may be thousands of folders, and a promise for each would cost more than the
 * call.
 */
function* linksIn(folder: string, depth: number): Generator<string> {
  if (depth === 0) return;
  for (const entry of readableEntries(folder)) {
    if (entry.isDirectory()) yield* linksIn(join(folder, entry.name), depth - 1);
    else if (entry.isSymbolicLink()) yield join(folder, entry.name);
  }
}

export function outsideLinkError(link: string, root: string): ImageError {
  return new ImageError('INVALID', `${link}: a symbolic link that leads out of ${root}`, {
    location: link,
    hint: 'Delete the link, or replace it by a folder or file.',
  });
}

/** False for a dangling link: no folder can be created through it. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** Includes none for a folder that this user may not read: nothing can be written below it either. */
function readableEntries(folder: string): Dirent[] {
  try {
    return ignoreMissingSync(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  } catch (error) {
    if (systemCode(error) === 'EACCES') return [];
    throw error;
  }
}
