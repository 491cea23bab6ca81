import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { systemCode } from '../errors.js';

/** What a file takes on its disk, in bytes; 0 when it is not there, or when another name keeps it anyway. */
export async function allocated(path: string): Promise<number> {
  const info = await statIfThere(path);
  return info ? allocatedBy(info) : 0;
}

export function allocatedBy({ blocks, nlink }: Pick<Stats, 'blocks' | 'nlink'>): number {
  return nlink > 1 ? 0 : blocks * 512;
}

/** When a file was last written, in milliseconds since 1970. */
export async function modified(path: string): Promise<number | undefined> {
  return (await statIfThere(path))?.mtimeMs;
}

export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
