import { constants, statSync } from 'node:fs';
import { open, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allocatedBy, statIfThere } from '../../disk/allocated.js';
import { fileMode, makeFolder, syncFolder, type FolderOptions } from '../../disk/atomic-write.js';
import { refuseLinks } from '../../disk/links-below.js';
import { systemCode } from '../../errors.js';
import { unlessAbsent } from '../../disk/if-there.js';

/**
 * Creates an empty marker file durably; refreshes its time if it exists.
 *
 * @returns how many folders were made for it
 */
export async function makeLink(path: string, options: FolderOptions): Promise<number> {
  const folders = await inFolder(dirname(path), options, async () => {
    await (await open(path, APPEND, fileMode(options))).close();
    const now = new Date();
    await utimes(path, now, now);
  });
  await syncFolder(dirname(path));
  return folders;
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Does something in a folder that is made first where it is missing. Empty folders are removed by the garbage
 * collector, so the folder may disappear in between.
 *
 * @returns how many folders were made
 */
export async function inFolder(
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
      if (systemCode(error) !== 'ENOENT' || tries === TRIES) throw error;
    }
    made += await makeFolder(folder, options);
  }
}

const TRIES = 5;

/** How often, and how long between (ms), a file is looked for that may be on its way back out of the trash. */
const LOOKS = 20;
const BETWEEN = 10;

/**
 * Marks a file as wanted now, so that `sweep` leaves it.
 *
 * @param unlessWithin leaves a mark that is younger than this (ms).
 * @returns whether it is there
 */
export async function touch(path: string, trash: string, unlessWithin = 0): Promise<boolean> {
  for (let looks = 0; ; looks++) {
    // As quick as to read a link.
    const info = statSync(path, { throwIfNoEntry: false });
    if (info && Date.now() - info.mtimeMs < unlessWithin) return true;
    if (info && (await unlessAbsent(() => mark(path)))) return true;
    if (looks === LOOKS || !(await statIfThere(trash))) return false;
    await sleep(BETWEEN);
  }
}

/** Where nothing can be written, nothing is swept either. */
async function mark(path: string): Promise<true> {
  try {
    const now = new Date();
    await utimes(path, now, now);
  } catch (error) {
    if (systemCode(error) !== 'EROFS') throw error;
  }
  return true;
}

/**
 * Deletes a file that was last marked before a time (ms since 1970). It is moved away first and its time is read again:
 * a file that was marked before the move is moved back, and after the move nothing is found to mark.
 *
 * @returns the bytes that were freed; undefined when it stays
 */
export async function sweep(
  path: string,
  trash: string,
  { before, ...options }: FolderOptions & { readonly before: number },
): Promise<number | undefined> {
  const isOld = async (file: string) => {
    const info = await statIfThere(file);
    return info && info.mtimeMs < before ? allocatedBy(info) : undefined;
  };
  if ((await isOld(path)) === undefined) return undefined;
  await makeFolder(dirname(trash), options);
  if (!(await unlessAbsent(() => rename(path, trash).then(() => true)))) return undefined;
  const freed = await isOld(trash);
  if (freed === undefined) await unlessAbsent(() => moveBack(trash, path));
  else await rm(trash, { force: true });
  return freed;
}

/** Moves a file out of the trash, durably: it is wanted. */
export async function moveBack(trash: string, path: string): Promise<void> {
  await rename(trash, path);
  await syncFolder(dirname(path));
}
