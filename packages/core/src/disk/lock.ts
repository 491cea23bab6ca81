import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, systemCode } from '../errors.js';
import { modifiedAt } from './allocated.js';
import { isBusy, retryBusy, rmdir } from './busy/retried.js';
import { ignoreMissing } from './if-there.js';
import { makeFolders } from './make-folders.js';

/** A lock that was not renewed for this long (ms) is taken over: its holder crashed. */
export const STALE_MS = 10_000;
/** The holder renews its lock at this interval (ms): often enough for a busy machine. */
const RENEW_MS = 2_000;

export interface LockOptions {
  /** How long to wait for another process (ms); 10 minutes when omitted. */
  readonly wait?: number;
  readonly signal?: AbortSignal | undefined;
  /** Wait only for a process that was killed: not longer than until the holder renews the lock. */
  readonly onlyForDead?: boolean | undefined;
}

/**
 * Runs `work` while it alone on this machine holds the lock of `path`. The lock is a folder at
 * `path`, which works on every file system.
 *
 * @throws ImageError CONFLICT when another process holds the lock for too long, or took it over meanwhile
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const held = await holdLock(path, options);
  try {
    return await work();
  } finally {
    await held.release();
  }
}

/** A lock that this process holds. */
export interface HeldLock {
  /** @throws ImageError CONFLICT when another process took the lock over */
  readonly release: () => Promise<void>;
}

/** Like {@link withLock}, until `release` is called. @throws ImageError CONFLICT when another process holds it for too long */
export async function holdLock(
  path: string,
  { wait = 600_000, signal, onlyForDead }: LockOptions = {},
): Promise<HeldLock> {
  await makeFolders(dirname(path));
  let renewed: number | undefined;
  for (const deadline = performance.now() + wait; ; ) {
    signal?.throwIfAborted();
    try {
      // Windows refuses a new folder in place of a deleted one that a program still has open.
      return await retryBusy(path, () => take(path));
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (performance.now() > deadline) {
        throw conflict(`${path}: another process has held the lock for ${wait} ms`, error);
      }
      const before = renewed;
      renewed = onlyForDead ? await modifiedAt(path) : undefined;
      if (before !== undefined && renewed !== before)
        throw conflict(`${path}: another process holds the lock`, error);
      await sleep(20 + Math.random() * 60, undefined, { signal });
    }
  }
}

async function take(path: string): Promise<HeldLock> {
  let lost: Error | undefined;
  const onCompromised = (error: Error) => {
    lost = error;
  };
  const { lock } = await loadLibrary();
  const release = await lock(path, {
    lockfilePath: path,
    realpath: false,
    stale: STALE_MS,
    update: RENEW_MS,
    onCompromised,
  });
  return {
    release: async () => {
      try {
        if (lost) throw lost;
        await release().catch((error: unknown) => {
          if (!isBusy(error)) throw error;
          return ignoreMissing(() => rmdir(path));
        });
      } catch (error) {
        // Releasing fails only if another process took the lock over.
        throw conflict(`${path}: another process took over the lock`, error);
      }
    },
  };
}

/** Whether a signal that would end the process has its listener. */
let isGuarded = process.platform === 'win32';

/**
 * Loads the library on demand: most commands only read and need no lock. It ends the process on a signal that nobody else
 * listens to, also on SIGXFSZ, which Node.js ignores: a file over the limit of `ulimit -f` is an error of its write (EFBIG).
 */
function loadLibrary() {
  if (!isGuarded) process.on('SIGXFSZ', () => undefined);
  isGuarded = true;
  return import('proper-lockfile');
}

function conflict(message: string, cause: unknown): ImageError {
  return new ImageError('CONFLICT', message, {
    hint: 'Wait for the other process of Stowage, or stop it; then run this again.',
    cause,
  });
}
