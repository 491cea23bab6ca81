import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { writeAtomically } from '../disk/atomic-write.js';
import { readOwn } from '../disk/own-file.js';
import { systemCode } from '../errors.js';
import { isObject } from '../oci/json.js';
import { parseCatalog } from './edit.js';
import { isEntry, type EntryYaml } from './entry.js';
import { isSeenRecord, type Taken } from './inventory.js';

/** What was parsed, and of which text: parsing a large YAML takes seconds, reading this does not. */
export interface DerivedIndex {
  readonly yaml: { readonly size: number; readonly mtimeMs: number; readonly sha256: string };
  readonly entries: readonly EntryYaml[];
  readonly seen: Taken['seen'];
  /** Files whose entries say something else than their records; names that break the rule. */
  readonly lagging: readonly string[];
  readonly misnamed: readonly string[];
  /** Whether the file already says all this. */
  readonly kept: boolean;
}

/** Reads a catalog, through its derived index where that still fits. @throws ImageError USAGE */
export async function readIndex(catalog: string, path: string): Promise<DerivedIndex> {
  const info = await infoOf(catalog);
  const index = await readStored(path);
  if (index && index.yaml.size === info.size && index.yaml.mtimeMs === info.mtimeMs)
    return { ...index, kept: true };
  const text = info.size === 0 ? '' : ((await readOwn(catalog))?.toString() ?? '');
  const sha256 = createHash('sha256').update(text).digest('hex');
  const entries = index?.yaml.sha256 === sha256 ? index.entries : parseCatalog(text, catalog);
  return {
    yaml: { ...info, sha256 },
    entries,
    seen: index?.seen ?? {},
    lagging: [],
    misnamed: [],
    kept: false,
  };
}

/** Writes the index again if it, or what was seen on disk, has changed. */
export async function keepIndex(
  path: string,
  { yaml, entries, kept }: DerivedIndex,
  { seen, isNew }: Taken,
  judged: () => Pick<DerivedIndex, 'lagging' | 'misnamed'>,
): Promise<void> {
  if (kept && !isNew) return;
  try {
    await writeAtomically(path, [
      Buffer.from(JSON.stringify({ version: VERSION, yaml, entries, seen, ...judged() })),
    ]);
  } catch (error) {
    // Where nobody may write, listing still works; it only takes longer.
    if (!READ_ONLY.has(systemCode(error) ?? '')) throw error;
  }
}

/** Of the file's shape. */
const VERSION = 3;
const READ_ONLY: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** Absent, damaged or of another shape: it is derived, so it is made again. */
async function readStored(path: string): Promise<Omit<DerivedIndex, 'kept'> | undefined> {
  try {
    const index: unknown = JSON.parse((await readOwn(path))?.toString() ?? '');
    return isIndex(index) ? index : undefined;
  } catch {
    return undefined;
  }
}

/** Checked by hand: the point of the file is that reading it takes no time. */
function isIndex(index: unknown): index is Omit<DerivedIndex, 'kept'> {
  if (!isObject(index) || index['version'] !== VERSION) return false;
  const { yaml, entries, seen, lagging, misnamed } = index;
  return (
    isObject(yaml) &&
    typeof yaml['size'] === 'number' &&
    typeof yaml['mtimeMs'] === 'number' &&
    typeof yaml['sha256'] === 'string' &&
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    isObject(seen) &&
    Object.values(seen).every(isSeenRecord) &&
    [lagging, misnamed].every(isTexts)
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

async function infoOf(path: string): Promise<{ size: number; mtimeMs: number }> {
  try {
    const { size, mtimeMs } = await lstat(path);
    return { size, mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { size: 0, mtimeMs: 0 };
    throw error;
  }
}
