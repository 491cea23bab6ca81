import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { CallOptions } from './store.js';

/**
 * Runs `task` on every item, at most `concurrency` at once. The first failure aborts the other tasks
 * through their signal, and is thrown after all tasks have ended.
 */
export async function forEachOf<T>(
  items: readonly T[],
  { concurrency, signal }: CallOptions & { readonly concurrency: number },
  task: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  // Every request of every task listens to it; Node.js warns of more than ten.
  setMaxListeners(0, stop);
  const limit = pLimit(concurrency);
  const run = async (item: T): Promise<void> => {
    stop.throwIfAborted();
    try {
      await task(item, stop);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled(items.map((item) => limit(run, item)));
  signal?.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
}
