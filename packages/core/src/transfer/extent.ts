import type { Descriptor } from '../oci/descriptor.js';
import type { Source } from './store.js';

/** Content that lies in files of this machine, so that somebody else can read it: another thread, for example. */
export interface Extent {
  /** Where it begins in the archive. */
  readonly offset: number;
  readonly size: number;
  /** What it is called there, for messages. */
  readonly member: string;
  /** In this order; one at least. `file` is a path, or the number of a file that its owner keeps open. */
  readonly pieces: readonly {
    readonly file: string | number;
    readonly offset: number;
    readonly size: number;
  }[];
}

/** A source whose content lies in files of this machine, as it is. */
export interface LocatedSource extends Source {
  /** Undefined for what it does not hold, or holds only in memory. */
  locate(descriptor: Descriptor): Promise<Extent | undefined>;
  /** All files that it is made of; of a link, what it leads to. */
  members(): Promise<readonly Extent[]>;
}

export function isLocated(source: Source): source is LocatedSource {
  return 'locate' in source;
}
