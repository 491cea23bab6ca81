import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allocatedBy, statIfThere } from '../disk/allocated.js';
import { makeFolder, syncFolder } from '../disk/atomic-write.js';
import { systemCode } from '../errors.js';

/** Makes an empty file whose name says something, durably; or says it anew. */
export async function makeLink(path: string): Promise<void> {
  const folder = dirname(path);
  const make = async () => {
    await (await open(path, 'a')).close();
    const now = new Date();
    await utimes(path, now, now);
  };
  await make().catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    await makeFolder(folder);
    await make();
  });
  await syncFolder(folder);
}

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
 * Deletes a file that was last wanted before a time (ms since 1970). It is moved away first, and looked at again: who
 * marked it before the move gets it back, and who comes after it finds nothing.
 *
 * @returns the bytes that were freed; undefined when it stays
 */
export async function sweep(
  path: string,
  trash: string,
  before: number,
): Promise<number | undefined> {
  const isOld = async (file: string) => {
    const info = await statIfThere(file);
    return info && info.mtimeMs < before ? allocatedBy(info) : undefined;
  };
  if ((await isOld(path)) === undefined) return undefined;
  await mkdir(dirname(trash), { recursive: true });
  if (!(await unlessAbsent(() => rename(path, trash).then(() => true)))) return undefined;
  const freed = await isOld(trash);
  if (freed === undefined) await unlessAbsent(() => rename(trash, path));
  else await rm(trash, { force: true });
  return freed;
}

/** A tag or a link: so little that to wait for a thread would take longer than to read it. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export async function removeFile(path: string): Promise<boolean> {
  const isGone = await unlessAbsent(async () => {
    await rm(path);
    await syncFolder(dirname(path));
    return true;
  });
  return isGone ?? false;
}

export async function namesIn(folder: string): Promise<string[]> {
  return (await unlessAbsent(() => readdir(folder))) ?? [];
}

export async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}
