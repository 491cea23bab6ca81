import type { Bytes, ReadOptions } from './store.js';

/** Named files that can be read at any place: the members of a tar, or a folder. */
export interface Files extends AsyncDisposable {
  /** In bytes; undefined when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** @throws ImageError NOT_FOUND */
  read(path: string, options?: ReadOptions): Bytes;
}
