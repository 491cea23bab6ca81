import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ImageError, systemCode } from '../errors.js';

/** Bytes that an ordinary user may still write to the file system which holds (or will hold) `path`. */
export async function freeSpace(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(await existing(path));
  return bavail * bsize;
}

export interface FileSystem {
  readonly id: string;
  /** Bytes that an ordinary user may still write. */
  readonly free: number;
  /** In bytes. */
  readonly total: number;
}

/** The file system that holds (or will hold) `path`. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  const there = await existing(path);
  try {
    const [{ dev }, { bavail, bsize, blocks }] = await Promise.all([stat(there), statfs(there)]);
    return { id: String(dev), free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    // Somebody deleted it in between; its folder is on the same file system.
    if (systemCode(error) !== 'ENOENT') throw error;
    return fileSystemOf(path);
  }
}

/** Refuses what would not fit, before it starts. @throws ImageError NO_SPACE */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const free = await freeSpace(path);
  if (free >= bytes) return;
  throw new ImageError('NO_SPACE', `${path}: expected ${bytes} free bytes, got ${free}`, {
    location: path,
    hint: 'Free some space (stowage prune --dry-run shows what can go) and run this again.',
  });
}

async function existing(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return existing(dirname(path));
  }
}

/** A file that will be written, and its size in bytes. */
export interface Need {
  readonly path: string;
  readonly bytes: number;
}
