import type { Extent } from './extent.js';
import type { Bytes, ReadOptions } from './store.js';

/** Named files with random access: the members of a tar, or the files in a folder. */
export interface Files extends AsyncDisposable {
  /** Size in bytes; undefined when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** Reads a file or a range of it. @throws ImageError NOT_FOUND */
  read(path: string, options?: ReadOptions): Bytes;
  /** Position of a file's bytes; undefined when there is no such file. */
  locate(path: string): Promise<Extent | undefined>;
  /** All files; links are resolved. */
  list(): Promise<readonly Extent[]>;
}
