// eslint-disable-next-line no-restricted-imports -- this file is what the rule asks for
import * as disk from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, systemCode } from '../../errors.js';

/**
 * Codes with which Windows refuses to replace or delete a file that a program has open. Other systems allow both, and have these codes
 * only for a lack of rights.
 */
const BUSY: ReadonlySet<string> = new Set(['EACCES', 'EBUSY', 'EPERM']);

/** The wait before each further try (ms), 2.3 s in all. Virus scanners and indexers close a new file sooner, most readers too. */
const WAITS: readonly number[] = [10, 20, 40, 80, 160, 320, 640, 1000];

/** The system to work for; this one when omitted. */
export interface BusyOptions {
  readonly platform?: NodeJS.Platform;
  /** Waits for a time (ms). */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** Whether Windows refuses this because a program has the file open; it may also be a lack of rights. */
export function isBusy(error: unknown, { platform = process.platform }: BusyOptions = {}): boolean {
  return platform === 'win32' && BUSY.has(systemCode(error) ?? '');
}

/**
 * Changes the file at `path`, again if Windows refuses that because a program has the file open, at most for some seconds.
 *
 * @throws ImageError CONFLICT when the file stays in use; errors of `change`
 */
export async function retryBusy<T>(
  path: string,
  change: () => Promise<T>,
  options: BusyOptions = {},
): Promise<T> {
  const { wait = sleep } = options;
  for (let tries = 0; ; tries++) {
    try {
      return await change();
    } catch (error) {
      if (!isBusy(error, options)) throw error;
      const ms = WAITS[tries];
      if (ms === undefined) throw inUse(path, error);
      await wait(ms);
    }
  }
}

function inUse(path: string, cause: unknown): ImageError {
  return new ImageError('CONFLICT', `${path}: in use by another program, or write-protected`, {
    location: path,
    hint: 'Close the program that has it open, or allow writing to it; then run this again.',
    cause,
  });
}

/** `rename` of Node.js, with {@link retryBusy}. */
export function rename(from: string, to: string): Promise<void> {
  return retryBusy(to, () => disk.rename(from, to));
}

/** `rm` of Node.js for a file, with {@link retryBusy}. */
export function rm(path: string, options?: { readonly force?: boolean }): Promise<void> {
  return retryBusy(path, () => disk.rm(path, options));
}

/** `rmdir` of Node.js, with {@link retryBusy}. */
export function rmdir(path: string): Promise<void> {
  return retryBusy(path, () => disk.rmdir(path));
}
