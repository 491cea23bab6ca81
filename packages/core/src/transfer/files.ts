import type { Extent } from './extent.js';
import type { Bytes, ReadOptions } from './store.js';

/** Named files that can be read at any place: the members of a tar, or a folder. */
export interface Files extends AsyncDisposable {
  /** In bytes; undefined when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** @throws ImageError NOT_FOUND */
  read(path: string, options?: ReadOptions): Bytes;
  /** Where a file's bytes are; undefined when there is no such file. */
  locate(path: string): Promise<Extent | undefined>;
  /** All files; of a link, what it leads to. */
  list(): Promise<readonly Extent[]>;
}
