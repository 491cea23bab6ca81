import type { EntryYaml } from './entry.js';
import { entryOf } from './entry.js';
import type { ImageRecord } from './record.js';
import { addUsage, type Usage } from './usage.js';

/**
 * The state of an archive: `ok`; `missing` (its file is gone); `orphan` (it has no record); `changed` (another archive than its
 * record describes); `misnamed` (its name breaks the rule); `elsewhere` (a file outside the workspace that the settings do
 * not allow).
 */
export type EntryState = 'ok' | 'missing' | 'orphan' | 'changed' | 'misnamed' | 'elsewhere';

/** One archive: the catalog's text, its record and its file put together. */
export interface CatalogEntry extends EntryYaml {
  readonly state: EntryState;
  readonly recorded?: Recorded | undefined;
  /** Reference in the record, fully qualified. */
  readonly reference?: string | undefined;
  /** Whether the catalog's text differs from the record. */
  readonly lags?: boolean | undefined;
  /** Size of the archive on disk; absent when there is none. */
  readonly bytes?: number | undefined;
}

/** What lies in the folder of archives, paths relative to the catalog. */
export interface Inventory {
  /** Size in bytes of each archive. */
  readonly archives: ReadonlyMap<string, number>;
  /** Files that entries name, and that must not be read. */
  readonly elsewhere: ReadonlySet<string>;
  /** Each record, under the path of its archive. */
  readonly records: ReadonlyMap<string, Recorded>;
}

/** A record whose file is read on demand. */
export interface Recorded {
  readonly archiveSize: number;
  readonly reference: string;
  /** Undefined when it has gone since. @throws ImageError CORRUPT */
  read(): ImageRecord | undefined;
}

/** What may be known from the last time. */
export interface Judgements {
  readonly isName: (name: string) => boolean;
  /** Whether an entry says less than its record, or something else. */
  readonly lags: (entry: EntryYaml, recorded: Recorded) => boolean;
  readonly usage: ReadonlyMap<string, Usage>;
}

/**
 * Puts the catalog's text and the facts on disk together: records are the truth about content; the
 * catalog adds what people and use add. Pure: the same for every order of its inputs but that of `entries`.
 */
export function reconcile(
  entries: readonly EntryYaml[],
  { archives, elsewhere, records }: Inventory,
  judgements: Judgements,
): CatalogEntry[] {
  const listed = new Set<string>();
  const known = entries.map((entry): CatalogEntry => {
    listed.add(entry.file);
    const recorded = records.get(entry.file);
    const lags = recorded !== undefined && judgements.lags(entry, recorded);
    const record = lags ? recorded.read() : undefined;
    const said = record
      ? { ...entry, ...entryOf(record, entry.file), name: entry.name, lags }
      : entry;
    const found = asFound(said, recorded, archives.get(entry.file), judgements);
    return elsewhere.has(entry.file) ? { ...found, state: 'elsewhere' } : found;
  });
  const found = [...archives.keys()].filter((file) => !listed.has(file)).sort();
  const unlisted = found.map((file): CatalogEntry => {
    const recorded = records.get(file);
    const size = archives.get(file) ?? 0;
    const record = recorded?.read();
    const entry = record
      ? { ...entryOf(record, file), lags: true }
      : { name: nameOf(file), file, size };
    const state = record ? {} : { state: 'orphan' as const };
    return { ...asFound(entry, recorded, size, judgements), ...state };
  });
  return [...known, ...unlisted];
}

/** Whether an entry says already what a record would make it say: then nothing has to be worked out. */
export function says(entry: EntryYaml, { digest, size, facts }: ImageRecord): boolean {
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

function asFound(
  entry: EntryYaml & { readonly lags?: boolean },
  recorded: Recorded | undefined,
  bytes: number | undefined,
  judgements: Judgements,
): CatalogEntry {
  const uses = judgements.usage.get(entry.name);
  const found = {
    ...entry,
    usage_count: entry.usage_count ?? 0,
    recorded,
    reference: recorded?.reference,
    bytes,
    state: stateOf(entry, recorded, bytes, judgements),
  };
  return uses ? { ...found, ...addUsage(entry, uses) } : found;
}

function stateOf(
  { name, file }: EntryYaml,
  recorded: Recorded | undefined,
  bytes: number | undefined,
  { isName }: Judgements,
): EntryState {
  if (bytes === undefined) return 'missing';
  if (recorded && recorded.archiveSize !== bytes) return 'changed';
  const isNamed = file.endsWith(`/${name}.tar`) || nameOf(file) === name;
  return isNamed && isName(name) ? 'ok' : 'misnamed';
}

/** The name that an archive's path claims. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.tar(?:\.[a-z0-9]+)?$/, '');
}
