import type { EntryYaml } from './yaml/entry.js';
import { entryOf } from './yaml/entry.js';
import type { EntryProblem } from './yaml/read-entries.js';
import type { ImageRecord } from './record.js';
import { addUsage, type Usage } from './usage.js';

/**
 * The state of an archive: `ok`; `missing` (no such file); `remote` (the image of the record is in the share; there is no
 * archive of it here, or an older one); `orphan` (no record); `changed` (not the size that it was written with); `misnamed` (its name breaks the naming rule); `elsewhere` (outside the workspace and the allowed
 * folders); `invalid` (its entry in the catalog cannot be read).
 */
export type EntryState =
  | 'ok'
  | 'missing'
  | 'remote'
  | 'orphan'
  | 'changed'
  | 'misnamed'
  | 'elsewhere'
  | 'invalid';

/** One archive: its catalog entry combined with its record and its file. */
export interface CatalogEntry extends EntryYaml {
  readonly state: EntryState;
  readonly recorded?: RecordFacts | undefined;
  /** Reference in the record, fully qualified. */
  readonly reference?: string | undefined;
  /** Whether the entry in the catalog differs from the record. */
  readonly lags?: boolean | undefined;
  /** Size of the archive on disk in bytes; absent when there is no file. */
  readonly bytes?: number | undefined;
  /** The fault of an `invalid` entry, with file, line and column; its `file` may be empty. */
  readonly problem?: string | undefined;
}

/** The archives and records on disk; paths are relative to the catalog. */
export interface Inventory {
  /** Size in bytes of each archive. */
  readonly archives: ReadonlyMap<string, number>;
  /** Files of entries that must not be read, because they lie outside the allowed folders. */
  readonly elsewhere: ReadonlySet<string>;
  /** Records by path of their archive. */
  readonly records: ReadonlyMap<string, RecordFacts>;
  /** Whether the workspace has a share, so that a record without its archive is no fault. */
  readonly isShared: boolean;
}

/** A record whose file is read on demand. */
export interface RecordFacts {
  /** Size in bytes of the last archive that was written here; undefined if that is not known. */
  readonly archiveSize?: number | undefined;
  /** Whether that archive holds another image than the record. */
  readonly isOlder: boolean;
  readonly reference: string;
  /** Undefined when the file was deleted meanwhile. @throws ImageError CORRUPT */
  read(): ImageRecord | undefined;
}

/** Facts about entries that may come from the derived index. */
export interface EntryFacts {
  readonly isName: (name: string) => boolean;
  /** Whether an entry differs from its record. */
  readonly lags: (entry: EntryYaml, recorded: RecordFacts) => boolean;
  readonly usage: ReadonlyMap<string, Usage>;
  /** Entries that cannot be read. */
  readonly problems: readonly EntryProblem[];
}

/**
 * Combines the catalog with the facts on disk: records override entries about content; pins and use counts come from
 * the catalog. Pure; entries keep their order, those that cannot be read follow, then archives without an entry, sorted by path.
 */
export function reconcile(
  entries: readonly EntryYaml[],
  { archives, elsewhere, records, isShared }: Inventory,
  facts: EntryFacts,
): CatalogEntry[] {
  const judgements = { ...facts, isShared };
  const listed = new Set(judgements.problems.map(({ file }) => file));
  const known = entries.map((entry): CatalogEntry => {
    listed.add(entry.file);
    const recorded = records.get(entry.file);
    const lags = recorded !== undefined && judgements.lags(entry, recorded);
    const record = lags ? recorded.read() : undefined;
    const current = record
      ? {
          ...entry,
          ...entryOf(record, entry.file, archives.get(entry.file)),
          name: entry.name,
          lags,
        }
      : entry;
    const found = toCatalogEntry(current, recorded, archives.get(entry.file), judgements);
    return elsewhere.has(entry.file) ? { ...found, state: 'elsewhere' } : found;
  });
  const isUnlisted = (file: string) => !listed.has(file);
  const files = new Set([...archives.keys()].filter(isUnlisted));
  if (isShared) for (const file of records.keys()) if (isUnlisted(file)) files.add(file);
  const unlisted = [...files].sort().map((file): CatalogEntry => {
    const recorded = records.get(file);
    const size = archives.get(file);
    const record = recorded?.read();
    const entry = record
      ? { ...entryOf(record, file, size), lags: true }
      : { name: nameOf(file), file, size: size ?? 0 };
    const state = record ? {} : { state: 'orphan' as const };
    return { ...toCatalogEntry(entry, recorded, size, judgements), ...state };
  });
  const invalid = judgements.problems.map(({ name, file, message }): CatalogEntry => {
    return { name, file, bytes: archives.get(file), problem: message, state: 'invalid' };
  });
  return [...known, ...invalid, ...unlisted];
}

/** Whether an entry already agrees with a record, without the cost of {@link entryOf}. @param size of the archive, if known. */
export function entryMatchesRecord(
  entry: EntryYaml,
  { digest, facts }: ImageRecord,
  size: number | undefined,
): boolean {
  return (
    entry.digest === digest &&
    (size === undefined || entry.size === size) &&
    isSame(entry.compilers, facts.compilers) &&
    isSame(entry.packages, facts.packages) &&
    isSame(entry.tools, facts.tools)
  );
}

type Judgements = EntryFacts & Pick<Inventory, 'isShared'>;

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && b.every((each, at) => a[at] === each);
}

function toCatalogEntry(
  entry: EntryYaml & { readonly lags?: boolean },
  recorded: RecordFacts | undefined,
  bytes: number | undefined,
  judgements: Judgements,
): CatalogEntry {
  const uses = judgements.usage.get(entry.name);
  // Adding keys to a copy that a spread made takes ten times as long.
  const found = Object.assign({}, entry, {
    usage_count: entry.usage_count ?? 0,
    recorded,
    reference: recorded?.reference,
    bytes,
    state: stateOf(entry, recorded, bytes, judgements),
  });
  return uses ? { ...found, ...addUsage(entry, uses) } : found;
}

function stateOf(
  { name, file }: EntryYaml,
  recorded: RecordFacts | undefined,
  bytes: number | undefined,
  { isName, isShared }: Judgements,
): EntryState {
  const isOlder = recorded?.isOlder === true && recorded.archiveSize === bytes;
  if (isShared && recorded && (bytes === undefined || isOlder)) return 'remote';
  if (bytes === undefined) return 'missing';
  const isKnown = recorded?.archiveSize !== undefined && !recorded.isOlder;
  if (isKnown && recorded.archiveSize !== bytes) return 'changed';
  const isNamed = file.endsWith(`/${name}.tar`) || nameOf(file) === name;
  return isNamed && isName(name) ? 'ok' : 'misnamed';
}

/** The image name in an archive's path: the file name without `.tar` and a compression suffix. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.tar(?:\.[a-z0-9]+)?$/, '');
}
