import { closeSync, constants, openSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-write.js';
import { rm, rmdir } from './busy/retried.js';
import { decodeName, systemPath } from './paths/byte-names.js';
import { refuseLinks } from './paths/links-below.js';
import { systemCode } from '../errors.js';

/** Whether an error of the file system means that nothing is at the path: also when a file, or a circle of links, stands in place of a folder. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '');
}

/** The result of `work`; undefined when what it works on does not exist. */
export async function ignoreMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Like {@link ignoreMissing}, for callers with so many files that a promise for each would cost more than the call. */
export function ignoreMissingSync<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Flags to open a file for reading; opening a symbolic link fails. */
export const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Reads a small file such as a tag, synchronously: a round trip to the thread pool would take longer. */
export function readIfExists(path: string): Buffer | undefined {
  return ignoreMissingSync(() => {
    const file = openSync(path, READ);
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** A file's text; empty if the file does not exist. */
export async function readTextIfExists(path: string): Promise<string> {
  return (await ignoreMissing(() => readFile(path, 'utf8'))) ?? '';
}

/** The entries of a folder; none if it does not exist. */
export async function readFolder(path: string): Promise<Dirent[]> {
  return (await ignoreMissing(() => readdir(path, { withFileTypes: true }))) ?? [];
}

/** Like {@link readFolder}, for a folder below `root`. @throws ImageError INVALID when there is a symbolic link below `root` */
export async function entriesIn(root: string, folder: string): Promise<Dirent[]> {
  refuseLinks(root, folder);
  return readFolder(folder);
}

/** The names of {@link entriesIn}. */
export async function namesIn(root: string, folder: string): Promise<string[]> {
  return (await entriesIn(root, folder)).map(({ name }) => name);
}

/**
 * The names in a folder, as `decodeName` writes them. Synchronous, for callers with so many folders that a promise for each would
 * cost more than the call.
 */
export function namesSync(path: string): string[] {
  const names = readdirSync(systemPath(path));
  // Read as bytes only if a byte may have been replaced: a buffer for each name takes longer than a string.
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  return readdirSync(systemPath(path), { encoding: 'buffer' }).map(decodeName);
}

/** Removes a file durably. @returns whether it existed */
export async function removeFile(path: string): Promise<boolean> {
  const isRemoved = await ignoreMissing(async () => {
    await rm(path);
    await syncFolder(dirname(path));
    return true;
  });
  return isRemoved ?? false;
}

/** Removes a folder unless something is in it. */
export async function removeEmptyFolder(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? ''))
      throw error;
  }
}
