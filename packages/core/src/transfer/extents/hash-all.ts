import { availableParallelism } from 'node:os';
import { hashExtent, type HashResult, type HashJob } from './hash-extent.js';
import type { CallOptions } from '../transfer/store.js';

/** Total size in bytes below which hashing is faster than starting worker threads. */
const MIN_THREADED_BYTES = 16 * 1024 * 1024;

/**
 * Hashes extents on all cores, ordered by offset for sequential reads.
 *
 * @param onHashed called with each result as soon as it is known.
 */
export async function hashAll<T extends HashJob>(
  jobs: readonly T[],
  onHashed: (job: T, hashed: HashResult) => void,
  { signal }: CallOptions = {},
): Promise<void> {
  const sorted = [...jobs].sort((a, b) => a.offset - b.offset);
  const total = jobs.reduce((sum, { size }) => sum + size, 0);
  // A worker thread can run only compiled code; unit tests run the TypeScript sources and hash in this thread.
  if (total < MIN_THREADED_BYTES || import.meta.url.endsWith('.ts')) {
    for (const job of sorted) {
      signal?.throwIfAborted();
      onHashed(job, await hashExtent(job, signal ? { signal } : {}));
    }
    return;
  }
  const { Tinypool } = await import('tinypool');
  const threads = Math.min(availableParallelism(), jobs.length);
  const filename = new URL('./hash-worker.js', import.meta.url).href;
  const pool = new Tinypool({
    filename,
    minThreads: threads,
    maxThreads: threads,
    runtime: 'worker_threads',
  });
  // One listener, not one for each job: Node.js warns of more than ten.
  const stop = (): void => void pool.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    await Promise.all(
      sorted.map(async ({ ...job }) => {
        const { offset, size, member, pieces, algorithm, diffAlgorithm, unpackedBytes } = job;
        const plain: HashJob = {
          offset,
          size,
          member,
          pieces,
          algorithm,
          ...(diffAlgorithm === undefined ? {} : { diffAlgorithm }),
          ...(unpackedBytes === undefined ? {} : { unpackedBytes }),
        };
        onHashed(job, (await pool.run(plain)) as HashResult);
      }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await pool.destroy();
  }
}
