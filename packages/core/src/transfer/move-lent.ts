import type { Descriptor } from '../oci/descriptor.js';
import type { CallOptions, Open, Source } from './store.js';
import { verified } from './verified.js';

export interface MoveLentOptions extends CallOptions {
  /** Called with the size of each chunk. */
  readonly onBytes: (count: number) => void;
}

/** Content of at least this size (bytes) is worth another way than the stream. */
export const MIN_MOVED_BYTES = 1024 * 1024;

/** Moves content from a source that lends it; undefined where there is none, or little. */
export function movesLent(
  source: Source,
  node: Descriptor,
  { onBytes, ...options }: MoveLentOptions,
): Open['moveTo'] {
  if (source.lends !== true || node.size < MIN_MOVED_BYTES) return undefined;
  return async (place, { signal = options.signal } = {}) => {
    const { location } = source;
    const lent = source.read(node, { lend: true, signal });
    await place.write(verified(lent, node, { signal, location, onBytes }));
    return true;
  };
}
