import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FREE_SPACE, ImageError } from '../errors.js';
import { isMissing } from './if-there.js';

/** Bytes that an unprivileged user may still write to the file system that holds (or will hold) `path`. */
export async function freeSpace(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(await existingAncestor(path));
  return bavail * bsize;
}

export interface FileSystem {
  readonly id: string;
  /** Bytes that an unprivileged user may still write. */
  readonly free: number;
  /** In bytes. */
  readonly total: number;
}

/** The file system that holds (or will hold) `path`. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  const there = await existingAncestor(path);
  try {
    const [{ dev }, { bavail, bsize, blocks }] = await Promise.all([stat(there), statfs(there)]);
    return { id: String(dev), free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    // It was deleted in between; its parent folder is on the same file system.
    if (!isMissing(error)) throw error;
    return fileSystemOf(path);
  }
}

/** Checks the free space before a write. @throws ImageError NO_SPACE */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const free = await freeSpace(path);
  if (free >= bytes) return;
  throw new ImageError('NO_SPACE', `${path}: ${bytes} bytes are needed, ${free} are free`, {
    location: path,
    hint: FREE_SPACE,
  });
}

async function existingAncestor(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error;
    return existingAncestor(dirname(path));
  }
}

/** A file that will be written, and its size in bytes. */
export interface Need {
  readonly path: string;
  readonly bytes: number;
}
