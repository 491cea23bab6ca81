import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gitFiles } from '../../build/source-files/git-files.js';
import { systemPath } from '../../disk/paths/byte-names.js';
import { ignoreMissing } from '../../disk/if-there.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import { ImageError } from '../../errors.js';

const LINK = 0o120000;

/**
 * Refuses a folder of archives that a link leads out of its workspace, unless the link was made on this machine: so
 * workspaces can share one folder, and a repository of a stranger cannot name a folder to write to. Git tells: it tracks
 * files beside the link, and not the link itself. An unpacked archive, of which git tracks nothing, is not known to be
 * the user's.
 *
 * @throws ImageError INVALID, naming the link
 */
export async function requireOwnImages(root: string, images: string): Promise<void> {
  try {
    await requireFolderBelow(root, images);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const { code, message, location: link } = error;
    if (link === undefined || !(await isLink(link))) throw error;
    if (await isMadeHere(link)) return;
    throw new ImageError(code, message, {
      location: link,
      hint: 'Name the folder in stowage.yaml (images:), or make the link in a git repository that does not track it.',
      cause: error,
    });
  }
}

async function isMadeHere(link: string): Promise<boolean> {
  const folder = dirname(link);
  const files = (await gitFiles(folder)) ?? [];
  if (files.length === 0) return false;
  const identity = await identityOf(link);
  // By inode, because a file system may take two spellings for one name.
  for (const { mode, path } of files)
    if (mode === LINK && path === basename(path))
      if ((await identityOf(join(folder, path))) === identity) return false;
  return true;
}

async function isLink(path: string): Promise<boolean> {
  return (await ignoreMissing(() => lstat(systemPath(path))))?.isSymbolicLink() === true;
}

async function identityOf(path: string): Promise<string | undefined> {
  const info = await ignoreMissing(() => lstat(systemPath(path), { bigint: true }));
  return info && `${info.dev}:${info.ino}`;
}
