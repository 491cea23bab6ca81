import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { writeAtomically } from '../disk/atomic-write.js';
import { systemCode } from '../errors.js';
import { parseCatalog } from './edit.js';
import type { EntryYaml } from './entry.js';
import type { Taken } from './inventory.js';

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
  const text = info.size === 0 ? '' : await readFile(catalog, 'utf8');
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

async function readStored(path: string): Promise<Omit<DerivedIndex, 'kept'> | undefined> {
  try {
    const index = JSON.parse(await readFile(path, 'utf8')) as DerivedIndex & { version?: number };
    return index.version === VERSION ? index : undefined;
  } catch {
    // Absent or damaged: it is derived, so it is made again.
    return undefined;
  }
}

async function infoOf(path: string): Promise<{ size: number; mtimeMs: number }> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { size: 0, mtimeMs: 0 };
    throw error;
  }
}
