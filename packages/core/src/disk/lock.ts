import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import { ImageError, systemCode } from '../errors.js';

/** A holder that died is taken over after this long (ms); a living one renews in time. */
const STALE = 5_000;

export interface LockOptions {
  /** How long to wait for another process (ms); 10 minutes when omitted. */
  readonly wait?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other process on this machine holds the lock of the same path. The lock is a
 * folder at `path`, so it works on every file system.
 *
 * @throws ImageError CONFLICT when another process holds it for too long
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(
  path: string,
  { wait = 600_000, signal }: LockOptions,
): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const deadline = Date.now() + wait;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await lock(path, { lockfilePath: path, realpath: false, stale: STALE });
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (Date.now() > deadline) {
        throw new ImageError(
          'CONFLICT',
          `${path}: expected the lock within ${wait} ms, another process still holds it`,
          {
            location: path,
            hint: 'Wait for the other stowage process, or stop it.',
            cause: error,
          },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    }
  }
}
