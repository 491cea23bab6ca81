import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { writeAtomically } from '../disk/atomic-write.js';
import { ignoreMissing } from '../disk/if-there.js';
import { readOwn } from '../disk/paths/own-file.js';
import { settledBefore } from '../disk/touch.js';
import { systemCode } from '../errors.js';
import { isObject } from '../oci/json.js';
import { isEntry, type EntryYaml } from './yaml/entry.js';
import { isSeenRecord, type CachedInventory, type SeenRecord } from './inventory.js';
import type { EntryProblem } from './yaml/read-entries.js';
import { restoreLists, shareLists } from './shared-lists.js';

/**
 * A cache of the parsed catalog, because parsing a large YAML file takes seconds; `yaml` identifies the text, with a `mtimeMs`
 * of 0 when the catalog changed shortly before it was read.
 */
export interface DerivedIndex {
  readonly yaml: { readonly size: number; readonly mtimeMs: number; readonly sha256: string };
  readonly entries: readonly EntryYaml[];
  /** Entries that cannot be read. */
  readonly problems: readonly EntryProblem[];
  readonly seen: CachedInventory['seen'];
  /** Files whose entries differ from their records. */
  readonly lagging: readonly string[];
  /** Names that break the naming rule. */
  readonly misnamed: readonly string[];
  /** Whether the stored index was current, so that it need not be written again. */
  readonly kept: boolean;
}

/** Reads a catalog, from its derived index at `path` if that is current. @throws ImageError USAGE */
export async function readIndex(catalog: string, path: string): Promise<DerivedIndex> {
  const settled = settledBefore();
  const info = await infoOf(catalog);
  const index = await readStored(path);
  if (index && index.yaml.size === info.size && index.yaml.mtimeMs === info.mtimeMs)
    return { ...index, kept: true };
  const text = info.size === 0 ? '' : ((await readOwn(catalog))?.toString() ?? '');
  const sha256 = createHash('sha256').update(text).digest('hex');
  const { entries, problems } =
    index?.yaml.sha256 === sha256
      ? index
      : // Loaded on demand: mostly the index is current.
        (await import('./yaml/edit.js')).parseCatalog(text, catalog);
  return {
    yaml: { size: info.size, mtimeMs: info.mtimeMs < settled ? info.mtimeMs : 0, sha256 },
    entries,
    problems,
    seen: index?.seen ?? new Map(),
    lagging: [],
    misnamed: [],
    kept: false,
  };
}

/** Writes the index if the catalog or the records on disk have changed since it was stored; nothing where there is nothing. */
export async function keepIndex(
  path: string,
  { yaml, entries, problems, kept }: DerivedIndex,
  { seen, isNew }: CachedInventory,
  judgements: () => Pick<DerivedIndex, 'lagging' | 'misnamed'>,
): Promise<void> {
  if (kept && !isNew) return;
  if (entries.length === 0 && problems.length === 0 && seen.size === 0) return;
  try {
    await writeAtomically(path, [
      Buffer.from(
        JSON.stringify({
          version: INDEX_VERSION,
          yaml,
          ...shareLists(entries),
          problems,
          // A list: an object with so many keys takes longer to parse.
          seen: [...seen],
          ...judgements(),
        }),
      ),
    ]);
  } catch (error) {
    // On a read-only file system listing still works, only more slowly.
    if (!READ_ONLY_CODES.has(systemCode(error) ?? '')) throw error;
  }
}

/** Version of the file format; increase it when {@link DerivedIndex} changes. */
const INDEX_VERSION = 7;
const READ_ONLY_CODES: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** Undefined when the file is absent, damaged or of another version: the index is then rebuilt. */
async function readStored(path: string): Promise<Omit<DerivedIndex, 'kept'> | undefined> {
  try {
    const index = withLists(JSON.parse((await readOwn(path))?.toString() ?? ''));
    return isIndex(index) ? { ...index, seen: new Map(index.seen) } : undefined;
  } catch {
    return undefined;
  }
}

/** The index as its file has it. */
type StoredIndex = Omit<DerivedIndex, 'kept' | 'seen'> & {
  readonly seen: readonly (readonly [string, SeenRecord])[];
};

/** The stored value with the lists of its entries put back; any other value as it is. */
function withLists(index: unknown): unknown {
  if (!isObject(index)) return index;
  const { lists, entries } = index;
  if (Array.isArray(lists) && Array.isArray(entries)) restoreLists(entries, lists);
  return index;
}

/** Checks a stored index without a JSON Schema validator, which would slow down the start. */
function isIndex(index: unknown): index is StoredIndex {
  if (!isObject(index) || index['version'] !== INDEX_VERSION) return false;
  const { yaml, entries, problems, seen, lagging, misnamed } = index;
  return (
    isObject(yaml) &&
    typeof yaml['size'] === 'number' &&
    typeof yaml['mtimeMs'] === 'number' &&
    typeof yaml['sha256'] === 'string' &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    Array.isArray(problems) &&
    problems.every(isEntryProblem) &&
    Array.isArray(seen) &&
    seen.every(isSeen) &&
    [lagging, misnamed].every(areStrings)
  );
}

function isSeen(value: unknown): value is StoredIndex['seen'][number] {
  return Array.isArray(value) && typeof value[0] === 'string' && isSeenRecord(value[1]);
}

function isEntryProblem(value: unknown): value is EntryProblem {
  return isObject(value) && areStrings([value['name'], value['file'], value['message']]);
}

function areStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

async function infoOf(path: string): Promise<{ size: number; mtimeMs: number }> {
  const { size, mtimeMs } = (await ignoreMissing(() => lstat(path))) ?? { size: 0, mtimeMs: 0 };
  return { size, mtimeMs };
}
