import type { EntryYaml } from './entry.js';
import { entryOf } from './entry.js';
import type { ImageRecord } from './record.js';

/** `ok`; its archive is gone; an archive nobody recorded; another archive than its record says; a name that breaks the rule. */
export type EntryState = 'ok' | 'missing' | 'orphan' | 'changed' | 'misnamed';

/** One archive as everything on disk says. */
export interface CatalogEntry extends EntryYaml {
  readonly state: EntryState;
  readonly record?: ImageRecord;
  /** Whether the catalog's text says less than the record, or something else. */
  readonly lags?: boolean;
  /** Of the archive as it is on disk; absent where there is none. */
  readonly bytes?: number;
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
    const lags = record !== undefined && !says(entry, record);
    const facts = lags ? { ...entryOf(record, entry.file), name: entry.name, lags } : {};
    return { ...entry, ...facts, ...onDisk(entry, record, archives.get(entry.file), isName) };
  });
  const found = [...archives.keys()].filter((file) => !listed.has(file)).sort();
  const unlisted = found.map((file): CatalogEntry => {
    const record = records.get(file);
    const bytes = archives.get(file) ?? 0;
    if (!record) return { name: nameOf(file), file, size: bytes, bytes, state: 'orphan' };
    const entry = entryOf(record, file);
    return { ...entry, lags: true, ...onDisk(entry, record, bytes, isName) };
  });
  return [...known, ...unlisted];
}

/** Whether an entry says already what a record would make it say: then nothing has to be worked out. */
function says(entry: EntryYaml, { digest, size, facts }: ImageRecord): boolean {
  return (
    entry.digest === digest &&
    entry.size === size &&
    isSame(entry.compilers, facts.compilers) &&
    isSame(entry.packages, facts.packages) &&
    isSame(entry.tools, facts.tools)
  );
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && b.every((each, at) => a[at] === each);
}

function onDisk(
  { name, file }: EntryYaml,
  record: ImageRecord | undefined,
  bytes: number | undefined,
  isName: (name: string) => boolean,
): Pick<CatalogEntry, 'state' | 'record' | 'bytes'> {
  const known = record ? { record } : {};
  if (bytes === undefined) return { ...known, state: 'missing' };
  if (record && record.size !== bytes) return { ...known, bytes, state: 'changed' };
  const isConventional = isName(name) && nameOf(file) === name;
  return { ...known, bytes, state: isConventional ? 'ok' : 'misnamed' };
}

/** The name that an archive's path claims. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.tar(?:\.[a-z0-9]+)?$/, '');
}
