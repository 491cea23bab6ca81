import type { Descriptor } from '../oci/descriptor.js';
import type { Source } from './store.js';

/** Position of content in local files, so that another thread can read it. Offsets and sizes are in bytes. */
export interface Extent {
  /** Offset in the archive. */
  readonly offset: number;
  readonly size: number;
  /** Path of the member, for messages. */
  readonly member: string;
  /**
   * Pieces of the content in order, at least one. `file` is a path, or a file descriptor that the source keeps open.
   */
  readonly pieces: readonly {
    readonly file: string | number;
    readonly offset: number;
    readonly size: number;
  }[];
}

/** A source whose content is stored unchanged in local files. */
export interface LocatedSource extends Source {
  /** Undefined for content that the source lacks or has only in memory. */
  locate(descriptor: Descriptor): Promise<Extent | undefined>;
  /** All members of the archive or layout; links are resolved. */
  members(): Promise<readonly Extent[]>;
}

/** Whether a source can tell the position of its content. */
export function isLocated(source: Source): source is LocatedSource {
  return 'locate' in source;
}
