import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ignoreMissingSync, isMissing } from '../disk/if-there.js';
import { readUpTo } from '../disk/paths/own-file.js';
import { settledBefore } from '../disk/touch.js';
import { ImageError } from '../errors.js';
import { readArchiveFacts } from './archive-facts.js';
import type { EntryYaml } from './yaml/entry.js';
import { createLocator, type CatalogPlace } from './locate.js';
import type { Inventory, RecordFacts } from './reconcile.js';
import { parseRecord, RECORD_LIMIT, RECORD_SUFFIX, type ImageRecord } from './record.js';

/**
 * Cached facts of a record, valid while its file has this `size` (bytes) and `mtimeMs` (0 when it changed shortly before it was
 * read): a commit writes the record after the facts of its archive.
 */
export type SeenRecord = readonly [
  size: number,
  mtimeMs: number,
  archiveSize: number | null,
  reference: string,
  isOlder: boolean,
];

/** An inventory, with the cache for the next one. */
export interface CachedInventory extends Inventory {
  /** Cached facts by path of the record: the next inventory reads only changed records. */
  readonly seen: ReadonlyMap<string, SeenRecord>;
  /** Whether `seen` differs from the cache that was given. */
  readonly isNew: boolean;
}

/** Whether a parsed JSON value is a {@link SeenRecord}. */
export function isSeenRecord(value: unknown): value is SeenRecord {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [size, mtimeMs, archiveSize, reference, isOlder] = value as readonly unknown[];
  return (
    typeof size === 'number' &&
    typeof mtimeMs === 'number' &&
    (archiveSize === null || typeof archiveSize === 'number') &&
    typeof reference === 'string' &&
    !/\p{Cc}/u.test(reference) &&
    typeof isOlder === 'boolean'
  );
}

class RecordFile implements RecordFacts {
  readonly archiveSize: number | undefined;
  readonly reference: string;
  readonly isOlder: boolean;
  readonly #path: string;

  constructor(path: string, [, , archiveSize, reference, isOlder]: SeenRecord) {
    this.#path = path;
    this.archiveSize = archiveSize ?? undefined;
    this.reference = reference;
    this.isOlder = isOlder;
  }

  read(): ImageRecord | undefined {
    return ignoreMissingSync(() => parseRecord(readFileSync(this.#path), this.#path));
  }
}

const ARCHIVE_FILE = /\.tar(?:\.(?:gz|zst|xz|bz2))?$/;

/**
 * Lists archives and records in the catalog's folder and its direct subfolders.
 *
 * @param entries entries of the catalog; archives that they name in other folders are looked up with {@link createLocator}.
 * @param seen cache of the previous inventory; empty when there is none.
 */
export async function takeInventory(
  place: CatalogPlace,
  entries: readonly Pick<EntryYaml, 'file'>[],
  seen: CachedInventory['seen'],
): Promise<CachedInventory> {
  const { folder } = place;
  const files = filesIn(folder);
  const archives = new Map<string, number>();
  const elsewhere = new Set<string>();
  const records = new Map<string, RecordFacts>();
  const nowSeen = new Map<string, SeenRecord>();
  const settled = settledBefore();
  let kept = 0;
  for (const file of files) {
    const isRecord = file.endsWith(RECORD_SUFFIX);
    if (!isRecord && !file.endsWith('.tar') && !ARCHIVE_FILE.test(file)) continue;
    const info = statIfThere(`${folder}/${file}`);
    if (!info) continue;
    if (!isRecord) {
      archives.set(file, info.size);
      continue;
    }
    const before = seen.get(file);
    const isKept = before?.[0] === info.size && before[1] === info.mtimeMs;
    const archive = `${file.slice(0, -RECORD_SUFFIX.length)}.tar`;
    const mtimeMs = info.mtimeMs < settled ? info.mtimeMs : 0;
    const now = isKept
      ? before
      : await readRecord(place, { file, archive, size: info.size, mtimeMs });
    if (!now) continue;
    if (isKept) kept++;
    nowSeen.set(file, now);
    records.set(archive, new RecordFile(`${folder}/${file}`, now));
  }
  const locate = createLocator(place);
  for (const { file } of entries) {
    const located = archives.has(file) ? undefined : locate(file);
    if (located?.kind === 'elsewhere') elsewhere.add(file);
    else if (located) archives.set(file, located.size);
  }
  const isNew = kept !== records.size || kept !== seen.size;
  const { isShared = false } = place;
  return { archives, elsewhere, records, isShared, seen: nowSeen, isNew };
}

/** Synchronous: there may be thousands of folders, and a promise for each would cost more than the call. */
function filesIn(folder: string): string[] {
  const files: string[] = [];
  const below: string[] = [];
  for (const entry of readIfThere(folder, (path) => readdirSync(path, { withFileTypes: true }))) {
    const { name } = entry;
    if (entry.isFile()) files.push(name);
    else if (entry.isDirectory())
      for (const file of readIfThere(join(folder, name), (path) => readdirSync(path)))
        below.push(`${name}/${file}`);
  }
  return [...files, ...below];
}

function readIfThere<T>(folder: string, read: (path: string) => T[]): T[] {
  return ignoreMissingSync(() => read(folder)) ?? [];
}

/** Undefined for a damaged record, which `doctor` reports, and for one deleted meanwhile. */
async function readRecord(
  place: CatalogPlace,
  { file, archive, size, mtimeMs }: RecordInfo,
): Promise<SeenRecord | undefined> {
  const path = join(place.folder, file);
  try {
    const bytes = await readUpTo(path, RECORD_LIMIT);
    const record = bytes && parseRecord(bytes, path);
    if (!record) return undefined;
    const facts = readArchiveFacts({ place, path: join(place.folder, archive) }, record);
    const isOlder = facts !== undefined && facts.digest !== record.digest;
    return [size, mtimeMs, facts?.size ?? null, record.reference, isOlder];
  } catch (error) {
    if (error instanceof ImageError || isMissing(error)) return undefined;
    throw error;
  }
}

/** The file of a record and of its archive, relative to the catalog; size in bytes. */
interface RecordInfo {
  readonly file: string;
  readonly archive: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/** Synchronous: there may be 20,000 files, and a promise for each would cost more than the call. */
function statIfThere(path: string): { size: number; mtimeMs: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
