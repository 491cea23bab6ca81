import { closeSync, constants, openSync, readFileSync, type Dirent } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-write.js';
import { refuseLinks } from './links-below.js';
import { systemCode } from '../errors.js';

/** Flags to open a file for reading; opening a symbolic link fails. */
export const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Reads a small file such as a tag, synchronously: a round trip to the thread pool would take longer. */
export function readIfExists(path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, READ);
    return readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export async function removeFile(path: string): Promise<boolean> {
  const isRemoved = await ignoreMissing(async () => {
    await rm(path);
    await syncFolder(dirname(path));
    return true;
  });
  return isRemoved ?? false;
}

/** The names in a folder below `root`. @throws ImageError INVALID when there is a symbolic link below `root` */
export async function namesIn(root: string, folder: string): Promise<string[]> {
  return (await entriesIn(root, folder)).map(({ name }) => name);
}

export async function entriesIn(root: string, folder: string): Promise<Dirent[]> {
  refuseLinks(root, folder);
  return (await ignoreMissing(() => readdir(folder, { withFileTypes: true }))) ?? [];
}

export async function ignoreMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '');
}
