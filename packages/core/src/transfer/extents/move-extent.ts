import type { Descriptor } from '../../oci/descriptor.js';
import { algorithmOf } from '../../oci/digest.js';
import type { Extent } from '../extent.js';
import type { CallOptions, Place } from '../store.js';
import { JobState } from './job-state.js';
import { hashInThread } from './threads.js';

/** How often a job is asked how far it is (ms). */
const WATCH_MS = 50;

export interface MoveExtentOptions extends CallOptions {
  /** Called with bytes that were moved. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Writes the content of an extent at a place, and hashes it, in one pass of a worker thread.
 *
 * @returns size and digest of what was written
 * @throws system errors of the files
 */
export async function moveExtent(
  { pieces, member, offset, size }: Extent,
  { digest }: Descriptor,
  { file, offset: to, onWritten }: Place,
  { signal, onBytes }: MoveExtentOptions = {},
): Promise<{ readonly size: number; readonly digest: string }> {
  const state = new JobState();
  let seen = 0;
  const watch = (): void => {
    const bytes = state.bytes - seen;
    if (bytes === 0) return;
    seen += bytes;
    onWritten(bytes);
    onBytes?.(bytes);
  };
  const stop = (): void => state.stop();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setInterval(watch, WATCH_MS);
  try {
    const hashed = await hashInThread({
      pieces,
      member,
      offset,
      size,
      algorithm: algorithmOf(digest),
      to: { file: file.fd, offset: to },
      state: state.memory,
    });
    signal?.throwIfAborted();
    return hashed;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
    watch();
  }
}
