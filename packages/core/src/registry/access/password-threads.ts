import { availableParallelism } from 'node:os';
import type { Tinypool } from 'tinypool';
import type { PasswordJob } from './password-worker.js';

/** A check takes up to seconds of a core; one core stays free to serve. */
const THREADS = Math.max(1, Math.min(2, availableParallelism() - 1));
/** A thread without work ends after this (ms). */
const IDLE = 30_000;

/** Compares passwords with bcrypt hashes in threads, so that the server goes on meanwhile. */
export class PasswordThreads implements AsyncDisposable {
  #pool: Promise<Tinypool> | undefined;

  async fits(job: PasswordJob): Promise<boolean> {
    // A thread runs built files only; the unit tests run the sources.
    if (import.meta.url.endsWith('.ts')) return (await import('./password-worker.js')).default(job);
    this.#pool ??= start();
    return (await (await this.#pool).run(job)) === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.destroy();
  }
}

async function start(): Promise<Tinypool> {
  const { Tinypool } = await import('tinypool');
  return new Tinypool({
    filename: new URL('./password-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: THREADS,
    idleTimeout: IDLE,
    runtime: 'worker_threads',
  });
}
