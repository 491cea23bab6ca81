import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, systemCode } from '../errors.js';

/** A holder that died is taken over after this long (ms)… */
const STALE = 10_000;
/** …and a living one renews this often (ms), so a busy machine makes no dead out of it. */
const RENEW = 2_000;

export interface LockOptions {
  /** How long to wait for another process (ms); 10 minutes when omitted. */
  readonly wait?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other process on this machine holds the lock of the same path. The lock is a
 * folder at `path`, so it works on every file system.
 *
 * @throws ImageError CONFLICT when another process holds it for too long, or took it over meanwhile
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const held = await acquire(path, options);
  try {
    return await work();
  } finally {
    await held.release();
  }
}

interface Held {
  readonly release: () => Promise<void>;
}

async function acquire(path: string, { wait = 600_000, signal }: LockOptions): Promise<Held> {
  await mkdir(dirname(path), { recursive: true });
  for (const deadline = Date.now() + wait; ; ) {
    signal?.throwIfAborted();
    try {
      return await take(path);
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (Date.now() > deadline) {
        throw conflict(
          `${path}: expected the lock within ${wait} ms, another process still holds it`,
          error,
        );
      }
      await sleep(20 + Math.random() * 60, undefined, { signal });
    }
  }
}

async function take(path: string): Promise<Held> {
  let lost: Error | undefined;
  const onCompromised = (error: Error) => {
    lost = error;
  };
  // Most commands only read; they need not wait for it.
  const { lock } = await import('proper-lockfile');
  const release = await lock(path, {
    lockfilePath: path,
    realpath: false,
    stale: STALE,
    update: RENEW,
    onCompromised,
  });
  return {
    release: async () => {
      try {
        if (lost) throw lost;
        await release();
      } catch (error) {
        // What we cannot give back is not ours any more.
        throw conflict(`${path}: expected to hold the lock, another process took it over`, error);
      }
    },
  };
}

function conflict(message: string, cause: unknown): ImageError {
  return new ImageError('CONFLICT', message, {
    hint: 'Wait for the other stowage process, or stop it; then run this again.',
    cause,
  });
}
