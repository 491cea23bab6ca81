import type { Descriptor } from '../oci/descriptor.js';
import type { Source } from './store.js';

/** Bytes of a file on this machine, so that somebody else can read them: another thread, for example. */
export interface Extent {
  /** A path, or the number of a file that its owner keeps open. */
  readonly file: string | number;
  /** Where they begin. */
  readonly offset: number;
  readonly size: number;
  /** What they are called there, for messages. */
  readonly member: string;
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
