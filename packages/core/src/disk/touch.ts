import type { FileHandle } from 'node:fs/promises';
import { utimes } from 'node:fs/promises';

/**
 * Sets the modification time of a file to now. This is the clock of the system, not of a caller: the time must be
 * comparable with the times that the system gives to files that other processes write.
 */
export async function touchFile(file: string | FileHandle): Promise<void> {
  const now = new Date();
  await (typeof file === 'string' ? utimes(file, now, now) : file.utimes(now, now));
}

/** Milliseconds since a file was written or touched, given its modification time. */
export function ageOf({ mtimeMs }: { readonly mtimeMs: number }): number {
  return Date.now() - mtimeMs;
}

/** Margin for clocks of file systems, which count in steps of at most this (ms; FAT), and run on other machines. */
const SETTLE_MS = 2000;

/** A file that last changed before this time (ms since 1970) gets another time if it changes from now on. */
export function settledBefore(): number {
  return Date.now() - SETTLE_MS;
}
