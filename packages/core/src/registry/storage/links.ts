import { closeSync, constants, lstatSync, openSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allocatedBytesOf, statIfExists } from '../../disk/allocated.js';
import { fileMode, makeFolder, syncFolder, type FolderOptions } from '../../disk/atomic-write.js';
import { rename, rm } from '../../disk/busy/retried.js';
import { refuseLinks } from '../../disk/paths/links-below.js';
import { systemCode } from '../../errors.js';
import { ignoreMissing, isMissing } from '../../disk/if-there.js';
import { ageOf, touchFile } from '../../disk/touch.js';

/**
 * Creates an empty marker file durably; refreshes its time if it exists.
 *
 * @returns the number of folders created for it
 */
export async function makeLink(path: string, options: FolderOptions): Promise<number> {
  const folders = await withFolder(dirname(path), options, async () => {
    try {
      createEmpty(path, options);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      await (await open(path, APPEND_FLAGS, fileMode(options))).close();
      await touchFile(path);
    }
  });
  await syncFolder(dirname(path));
  return folders;
}

/** Creates an empty file. Synchronous: round trips to the thread pool would take longer. @throws EEXIST */
export function createEmpty(path: string, options: FolderOptions): void {
  closeSync(openSync(path, 'wx', fileMode(options)));
}

const APPEND_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Runs `work` in a folder, which is created if missing. Retries, as the garbage collector may remove the empty folder
 * in between.
 *
 * @returns the number of folders created
 */
export async function withFolder(
  folder: string,
  options: FolderOptions,
  work: () => Promise<void>,
): Promise<number> {
  if (options.privateTo !== undefined) refuseLinks(options.privateTo, folder);
  for (let made = 0, tries = 0; ; tries++) {
    try {
      await work();
      return made;
    } catch (error) {
      if (!isMissing(error) || tries === MAX_RETRIES) throw error;
    }
    made += await makeFolder(folder, options);
  }
}

const MAX_RETRIES = 5;

/** How often, and at what interval (ms), to look again for a file that the collector may move back from the trash. */
const MAX_LOOKS = 20;
const LOOK_INTERVAL_MS = 10;

/**
 * Marks a file as in use now (its modification time), so that `sweep` keeps it.
 *
 * @param trash returns the file in the trash; called only when the file is missing.
 * @param unlessWithin do not refresh a mark younger than this (ms).
 * @returns whether the file exists
 */
export async function touch(path: string, trash: () => string, unlessWithin = 0): Promise<boolean> {
  const touched = await findOrWait(path, trash, (info) =>
    ageOf(info) < unlessWithin ? true : ignoreMissing(() => refreshTime(path)),
  );
  return touched ?? false;
}

/** The size of a file, also while `sweep` looks at it in the trash; undefined when it is missing or a symbolic link. */
export async function sizeOf(path: string, trash: () => string): Promise<number | undefined> {
  return findOrWait(path, trash, ({ size }) => size);
}

/**
 * Calls `found` with the file, again when it was in the trash or `found` returns undefined because it was moved there.
 *
 * @returns its result; undefined when the file is missing or a symbolic link
 */
async function findOrWait<T>(
  path: string,
  trash: () => string,
  found: (info: Stats) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  for (let looks = 0, isLast = false; ; looks++) {
    // Synchronous, as this is on the path of every read: a round trip to the thread pool would take longer.
    const info = lstatSync(path, { throwIfNoEntry: false });
    const result = info?.isFile() ? await found(info) : undefined;
    if (result !== undefined) return result;
    if (isLast || looks === MAX_LOOKS) return undefined;
    // It may have been moved back between the two looks, so a file that is not in the trash is looked for once more.
    if (await statIfExists(trash())) await sleep(LOOK_INTERVAL_MS);
    else isLast = true;
  }
}

/** Ignores a read-only file system: nothing is swept there either. */
async function refreshTime(path: string): Promise<true> {
  try {
    await touchFile(path);
  } catch (error) {
    if (systemCode(error) !== 'EROFS') throw error;
  }
  return true;
}

/**
 * Deletes a file that was last marked before a time (ms since 1970). The file is first moved to the trash and its time is
 * read again: if it was marked before the move, it is moved back; after the move no process can mark it.
 *
 * @returns the number of bytes freed; undefined when the file is kept
 */
export async function sweep(
  path: string,
  trash: string,
  { before, ...options }: FolderOptions & { readonly before: number },
): Promise<number | undefined> {
  const isOld = async (file: string) => {
    const info = await statIfExists(file);
    return info && info.mtimeMs < before ? allocatedBytesOf(info) : undefined;
  };
  if ((await isOld(path)) === undefined) return undefined;
  await makeFolder(dirname(trash), options);
  if (!(await ignoreMissing(() => rename(path, trash).then(() => true)))) return undefined;
  const freed = await isOld(trash);
  if (freed === undefined) await ignoreMissing(() => moveBack(trash, path));
  else await rm(trash, { force: true });
  return freed;
}

/** Moves a file back from the trash, durably. */
export async function moveBack(trash: string, path: string): Promise<void> {
  await rename(trash, path);
  await syncFolder(dirname(path));
}
