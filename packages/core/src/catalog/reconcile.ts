import type { EntryYaml } from './entry.js';
import { entryOf } from './entry.js';
import type { ImageRecord } from './record.js';

/** `ok`; its archive is gone; an archive nobody recorded; another archive than its record says; a name that breaks the rule. */
export type EntryState = 'ok' | 'missing' | 'orphan' | 'changed' | 'misnamed';

/** One archive as everything on disk says. */
export interface CatalogEntry extends EntryYaml {
  readonly state: EntryState;
  readonly record?: ImageRecord;
}

/** What lies in the folder of archives, paths relative to the catalog. */
export interface Inventory {
  /** Size in bytes of each archive. */
  readonly archives: ReadonlyMap<string, number>;
  /** Each record, under the path of its archive. */
  readonly records: ReadonlyMap<string, ImageRecord>;
}

/**
 * Puts the catalog's text and the facts on disk together: records are the truth about content; the
 * catalog adds what people and use add. Pure: the same for every order of its inputs but that of `entries`.
 */
export function reconcile(
  entries: readonly EntryYaml[],
  { archives, records }: Inventory,
  isName: (name: string) => boolean,
): CatalogEntry[] {
  const listed = new Set<string>();
  const known = entries.map((entry): CatalogEntry => {
    listed.add(entry.file);
    const record = records.get(entry.file);
    const facts = record ? { ...entryOf(record, entry.file), name: entry.name } : {};
    const state = stateOf(entry, record, archives.get(entry.file), isName);
    return { ...entry, ...facts, state, ...(record ? { record } : {}) };
  });
  const found = [...archives.keys()].filter((file) => !listed.has(file)).sort();
  const unlisted = found.map((file): CatalogEntry => {
    const record = records.get(file);
    if (!record)
      return { name: nameOf(file), file, size: archives.get(file) ?? 0, state: 'orphan' };
    const entry = entryOf(record, file);
    return { ...entry, record, state: stateOf(entry, record, archives.get(file), isName) };
  });
  return [...known, ...unlisted];
}

function stateOf(
  entry: EntryYaml,
  record: ImageRecord | undefined,
  size: number | undefined,
  isName: (name: string) => boolean,
): EntryState {
  if (size === undefined) return 'missing';
  if (record && record.size !== size) return 'changed';
  if (!isName(entry.name) || nameOf(entry.file) !== entry.name) return 'misnamed';
  return 'ok';
}

/** The name that an archive's path claims. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.tar(?:\.[a-z0-9]+)?$/, '');
}
