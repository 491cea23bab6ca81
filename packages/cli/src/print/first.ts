import { text, type Text } from './text.js';

/** Default for the entries of a list that are printed; lists from archives can be very long. */
const MAX_ENTRIES = 100;

/** Describes the first `most` entries of a list, and counts the rest. */
export function first<T>(
  list: readonly T[],
  describe: (each: T) => Text,
  most = MAX_ENTRIES,
): readonly Text[] {
  const more = list.length - most;
  const rest = more > 0 ? [text`  … and ${more} more; --json lists all\n`] : [];
  return [...list.slice(0, most).map(describe), ...rest];
}
