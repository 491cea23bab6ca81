import type { CallOptions } from '../store.js';
import { hashExtent, type HashResult, type HashJob } from './hash-extent.js';
import { JobState } from './job-state.js';
import { hashInThread } from './threads.js';

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
  signal?.throwIfAborted();
  if (total < MIN_THREADED_BYTES) {
    for (const job of sorted) {
      onHashed(job, await hashExtent(job, { signal }));
      signal?.throwIfAborted();
    }
    return;
  }
  // One listener and one state for all jobs: Node.js warns of more than ten listeners.
  const state = new JobState();
  const stop = (): void => state.stop();
  signal?.addEventListener('abort', stop, { once: true });
  const hashOne = async (job: T): Promise<void> => {
    const hashed = await hashInThread({ ...plain(job), state: state.memory });
    if (!state.isStopped) onHashed(job, hashed);
  };
  try {
    await Promise.all(sorted.map(hashOne));
  } finally {
    state.stop();
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
}

/** The job alone, of an object that may have properties that cannot be sent to a thread. */
function plain({ offset, size, member, pieces, ...hashing }: HashJob): HashJob {
  const { algorithm, diffAlgorithm, unpackedBytes } = hashing;
  return {
    offset,
    size,
    member,
    pieces,
    algorithm,
    ...(diffAlgorithm === undefined ? {} : { diffAlgorithm }),
    ...(unpackedBytes === undefined ? {} : { unpackedBytes }),
  };
}
