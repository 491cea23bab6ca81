import { dirname, join } from 'node:path';
import { rm } from './busy/retried.js';
import { removeEmptyFolder } from './if-there.js';
import { withLock, type LockOptions } from './lock.js';

/** Suffix of a file that is being written under the lock of its name. */
export const WRITING_SUFFIX = '.writing.partial';

/** Names of files that a process of Stowage is writing beside the file that they become, or that it left when it died. */
export const TEMPORARY_FILE = /\.partial$|\.(?:[0-9]{3}|sha256)\.new$/;

/**
 * Names that only Stowage gives, so that they are recognized between files of other programs: archives that are written,
 * and files with a random part in the name.
 */
export const OWN_LEFTOVER =
  /\.(?:writing|resume|[0-9a-f]{12})\.partial$|\.(?:tar(?:\.\w+)?|tgz|tzst)\.[0-9]{3}\.new$/;

/** Leftovers that are written under the lock `<file>.lock`; the process that writes any other may not be known. */
export const LOCKED_LEFTOVER = /\.(?:writing|resume)\.partial$|\.new$/;

/** The file or layout that a leftover was to become: `x.tar` for `x.tar.writing.partial` and `x.tar.001.new`. */
export function fileOfLeftover(path: string): string {
  if (STAGED_BLOB.test(path)) return dirname(dirname(path));
  return path
    .replace(/\.(?:[0-9]{3}\.)?(?:writing|resume)\.partial$|\.[0-9]{3}\.new$/, '')
    .replace(/(?:\.sha256|\.[0-9a-f]{12})?\.partial$/, '');
}

/** A blob that was being written into a layout: `layout/partial/sha256-….writing.partial`. */
const STAGED_BLOB = /[\\/]partial[\\/]sha\d+-[0-9a-f]+\.(?:writing|[0-9a-f]{12})\.partial$/;

/** Name of the file of a blob that is being written into a layout; `writer` tells writers apart that do not hold the lock. */
export function stagedBlobName(digestName: string, writer = 'writing'): string {
  return `${digestName}.${writer}.partial`;
}

/** The lock of the blobs that a process is writing into the layout at `root`. */
export function layoutLock(root: string): string {
  return join(root, 'partial', 'writing.lock');
}

/**
 * Deletes a leftover file; a folder of a layout that is empty then is deleted, too.
 *
 * @throws ImageError CONFLICT when a process holds the lock of the file
 */
export async function removeLeftover(path: string, options: LockOptions): Promise<void> {
  const remove = () => rm(path, { force: true });
  const isStaged = STAGED_BLOB.test(path);
  if (LOCKED_LEFTOVER.test(path)) {
    const lock = isStaged ? layoutLock(dirname(dirname(path))) : `${fileOfLeftover(path)}.lock`;
    await withLock(lock, remove, options);
  } else await remove();
  if (!isStaged) return;
  for (const folder of [dirname(path), dirname(dirname(path))]) await removeEmptyFolder(folder);
}
