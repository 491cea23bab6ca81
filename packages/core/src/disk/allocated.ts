import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ignoreMissing } from './if-there.js';

/** Disk space that deleting a file frees, in bytes; 0 if it does not exist or has other hard links. */
export async function allocatedBytes(path: string): Promise<number> {
  const info = await statIfExists(path);
  return info ? allocatedBytesOf(info) : 0;
}

export function allocatedBytesOf({ blocks, nlink }: Pick<Stats, 'blocks' | 'nlink'>): number {
  return nlink > 1 ? 0 : blocks * 512;
}

/** When a file was last written, in milliseconds since 1970; undefined if it does not exist. */
export async function modifiedAt(path: string): Promise<number | undefined> {
  return (await statIfExists(path))?.mtimeMs;
}

export async function statIfExists(path: string): Promise<Stats | undefined> {
  return ignoreMissing(() => stat(path));
}
