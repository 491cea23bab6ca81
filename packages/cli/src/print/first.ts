import { text, type Text } from './text.js';

/** How many lines a list from elsewhere may take. */
const SHOWN = 100;

/** The first of a list that may be long, and how many more there are. */
export function first<T>(
  list: readonly T[],
  describe: (each: T) => Text,
  most = SHOWN,
): readonly Text[] {
  const more = list.length - most;
  const rest = more > 0 ? [text`  … and ${more} more; --json lists all\n`] : [];
  return [...list.slice(0, most).map(describe), ...rest];
}
