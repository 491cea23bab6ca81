import { availableParallelism } from 'node:os';
import type { Tinypool } from 'tinypool';
import type { PasswordJob } from './password-worker.js';

/** A bcrypt check can take seconds of CPU time, so one core is left for serving. */
const MAX_THREADS = Math.max(1, Math.min(2, availableParallelism() - 1));
/** An idle thread ends after this (ms). */
const THREAD_IDLE_MS = 30_000;

/** Compares passwords with bcrypt hashes in threads, so the event loop is not blocked. */
export class PasswordThreads implements AsyncDisposable {
  #pool: Promise<Tinypool> | undefined;

  async fits(job: PasswordJob): Promise<boolean> {
    // Threads can run only built files; unit tests run the TypeScript sources, so check in this thread.
    if (import.meta.url.endsWith('.ts')) return (await import('./password-worker.js')).default(job);
    this.#pool ??= startPool();
    return (await (await this.#pool).run(job)) === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.destroy();
  }
}

async function startPool(): Promise<Tinypool> {
  const { Tinypool } = await import('tinypool');
  return new Tinypool({
    filename: new URL('./password-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: MAX_THREADS,
    idleTimeout: THREAD_IDLE_MS,
    runtime: 'worker_threads',
  });
}
