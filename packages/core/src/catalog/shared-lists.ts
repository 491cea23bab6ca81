import { ENTRY_KINDS, type EntryYaml } from './yaml/entry.js';

/** Entries that have the places of their lists in `lists`: many images have equal lists of packages and tools. */
export interface SharedLists {
  readonly lists: readonly (readonly string[])[];
  readonly entries: readonly object[];
}

/** The keys of an entry whose values are lists. */
const LIST_KEYS = Object.entries(ENTRY_KINDS).flatMap(([key, kind]) =>
  kind === 'texts' ? [key] : [],
);

/** Replaces the lists of entries by their places in a list that has each different one once. */
export function shareLists(entries: readonly EntryYaml[]): SharedLists {
  const places = new Map<string, number>();
  const lists: (readonly string[])[] = [];
  const placeOf = (list: readonly string[]): number => {
    const key = JSON.stringify(list);
    const place = places.get(key) ?? lists.push(list) - 1;
    places.set(key, place);
    return place;
  };
  const shared = entries.map((entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [
        key,
        Array.isArray(value) ? placeOf(value as readonly string[]) : (value as unknown),
      ]),
    ),
  );
  return { lists, entries: shared };
}

/** Puts the lists of parsed JSON values back: the inverse of {@link shareLists}. Changes the entries; nothing is checked, and a place without a list stays. */
export function restoreLists(entries: readonly unknown[], lists: readonly unknown[]): void {
  for (const entry of entries as readonly Record<string, unknown>[])
    for (const key of LIST_KEYS) {
      const place = entry[key];
      if (typeof place === 'number') entry[key] = lists[place] ?? place;
    }
}
