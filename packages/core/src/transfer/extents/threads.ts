import { availableParallelism } from 'node:os';
import type { Tinypool } from 'tinypool';
import { hashExtent, type HashJob, type HashResult } from './hash-extent.js';
import type { Outcome } from './hash-worker.js';

let pool: Promise<Tinypool> | undefined;
let running = 0;

/**
 * Runs a job on a worker thread. There is one thread for each core; they start with the first job of the process, and end
 * with the last one.
 *
 * @throws system errors of the files, with their codes
 */
export async function hashInThread(job: HashJob): Promise<HashResult> {
  // A worker needs the built file; tests run from the sources and hash in this thread.
  if (import.meta.url.endsWith('.ts')) return hashExtent(job);
  running++;
  const threads = (pool ??= startThreads());
  try {
    const outcome = (await (await threads).run(job)) as Outcome;
    if ('hashed' in outcome) return outcome.hashed;
    const { message, ...properties } = outcome.failure;
    throw Object.assign(new Error(message), properties);
  } finally {
    if (--running === 0) {
      pool = undefined;
      await (await threads).destroy();
    }
  }
}

async function startThreads(): Promise<Tinypool> {
  const { Tinypool } = await import('tinypool');
  const threads = availableParallelism();
  return new Tinypool({
    filename: new URL('./hash-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: threads,
    runtime: 'worker_threads',
  });
}
