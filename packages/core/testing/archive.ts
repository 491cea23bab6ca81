import { ArchiveWriter } from '../src/archive/archive-writer.js';
import { writeAtomically } from '../src/disk/atomic-write.js';
import { copy } from '../src/transfer/copy.js';
import type { MemoryStore } from './memory-store.js';

/** Writes the only image of each store into one archive. */
export async function writeArchiveOf(
  path: string,
  ...stores: readonly MemoryStore[]
): Promise<void> {
  await using writer = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
  for (const store of stores) await copy(store, undefined, writer);
  await writer.commit();
}
