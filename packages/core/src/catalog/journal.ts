import { constants } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeAtomically } from '../disk/atomic-write.js';
import { appendOwn, openOwn, readOwn } from '../disk/own-file.js';
import { readRange } from '../disk/read-range.js';
import { ImageError, systemCode } from '../errors.js';
import { isObject, isSize } from '../oci/json.js';
import { isImageName } from './record.js';
import { formatUse, isUsage, mergeUsage, parseUses, type Usage } from './usage.js';

/*
 * The journal of uses, below a workspace's state folder:
 *
 *   usage.<n>.jsonl       one line for each use, appended without any lock
 *   usage.json            how far each file has been folded into the catalog, and what waits for an entry
 *   usage.folding.json    the same as it will be, and the sha256 of the catalog that makes it so
 *
 * A fold writes its intent, then the catalog, then renames the intent. Whoever comes after a crash sees by the
 * catalog whether the fold took place, so every use counts exactly once. A file is never cut or renamed: a late
 * writer's line is always found. A large one is left for a new one, and deleted long after its last line.
 */
interface Folded {
  readonly generation: number;
  /** Bytes that are in the catalog, by generation. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Uses of images that have no entry yet, as after a restore from Nx's cache. */
  readonly pending: Readonly<Record<string, Usage>>;
}

const NOTHING: Folded = { generation: 0, offsets: {}, pending: {} };
const LARGE = 256 * 1024;
/** Of the numbers of files. */
const MOST = 999_999_999;
const LATE = 60 * 60 * 1000;
const FILE = /^usage\.(\d{1,9})\.jsonl$/;

/** Where nobody may write, or no block is left, an image can be used all the same. */
const NOT_NOTED: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT']);

/**
 * Notes a use: one appended line.
 *
 * @throws ImageError INVALID (a symbolic link in place of the journal)
 */
export async function appendUse(state: string, name: string, at: Date): Promise<void> {
  try {
    await append(state, name, at);
  } catch (error) {
    if (!NOT_NOTED.has(systemCode(error) ?? '')) throw error;
  }
}

async function append(state: string, name: string, at: Date): Promise<void> {
  await mkdir(state, { recursive: true });
  const { generation } = (await readFolded(foldedPath(state))) ?? NOTHING;
  // The line break comes first: a line that a dead process cut short spoils no other.
  await appendOwn(
    join(state, `usage.${generation}.jsonl`),
    `\n${formatUse({ name, at: at.toISOString() })}`,
  );
}

/** Uses that are not in the catalog whose text has this sha256. */
export async function unfoldedUses(
  state: string,
  catalogSha256: () => Promise<string>,
): Promise<ReadonlyMap<string, Usage>> {
  return (await collect(state, await current(state, catalogSha256))).uses;
}

/** A fold that is ready to be written; see above for the order. */
export interface Fold {
  readonly uses: ReadonlyMap<string, Usage>;
  /** Before the catalog is written; `pending` are the uses that it has no entry for. */
  readonly begin: (catalog: string, pending: ReadonlyMap<string, Usage>) => Promise<void>;
  /** After it. */
  readonly end: () => Promise<void>;
}

/** The caller holds the catalog's lock. */
export async function openFold(state: string, catalog: string): Promise<Fold> {
  const folded = await current(state, async () => sha256Of(catalog));
  const { uses, offsets, isLarge } = await collect(state, folded);
  const isNew = uses.size > 0 || isLarge;
  return {
    uses,
    begin: async (text, pending) => {
      if (!isNew) return;
      const next: Folded = {
        generation: folded.generation + (isLarge ? 1 : 0),
        offsets,
        pending: Object.fromEntries(pending),
      };
      const intent = { ...next, catalog: sha256Of(text) };
      await writeAtomically(intentPath(state), [Buffer.from(JSON.stringify(intent))]);
    },
    end: async () => {
      await settle(state);
      await removeOld(state);
    },
  };
}

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What has been folded, as the catalog tells. */
async function current(state: string, catalogSha256: () => Promise<string>): Promise<Folded> {
  const intent = await readFolded(intentPath(state));
  if (intent && intent.catalog === (await catalogSha256())) return intent;
  return (await readFolded(foldedPath(state))) ?? NOTHING;
}

async function collect(state: string, { generation, offsets, pending }: Folded) {
  const uses = new Map(Object.entries(pending));
  const ends: Record<string, number> = {};
  for (const each of await generations(state)) {
    const { text, end } = await readLines(join(state, `usage.${each}.jsonl`), offsets[each] ?? 0);
    for (const [name, usage] of parseUses(text)) uses.set(name, mergeUsage(uses.get(name), usage));
    ends[each] = end;
  }
  return { uses, offsets: ends, isLarge: (ends[generation] ?? 0) > LARGE };
}

/** Whole lines from an offset on, and where they end. */
async function readLines(path: string, start: number): Promise<{ text: string; end: number }> {
  const opened = await openOwn(path, constants.O_RDONLY).catch(unlessRefused);
  if (!opened) return { text: '', end: start };
  await using file = opened;
  const chunks: Uint8Array[] = [];
  for await (const chunk of readRange(file, start, Infinity)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const length = bytes.lastIndexOf('\n') + 1;
  return { text: bytes.toString('utf8', 0, length), end: start + length };
}

async function settle(state: string): Promise<void> {
  try {
    await rename(intentPath(state), foldedPath(state));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

async function removeOld(state: string): Promise<void> {
  const { generation, offsets } = (await readFolded(foldedPath(state))) ?? NOTHING;
  for (const each of await generations(state)) {
    const path = join(state, `usage.${each}.jsonl`);
    const { size, mtimeMs } = await lstat(path);
    const isOver = each < generation && size <= (offsets[each] ?? 0);
    if (isOver && Date.now() - mtimeMs > LATE) await rm(path, { force: true });
  }
}

async function generations(state: string): Promise<number[]> {
  try {
    return (await readdir(state)).flatMap((file) => {
      const number = FILE.exec(file)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A link in place of a journal counts no uses; the next append reports it. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof ImageError)) throw error;
}

/** Absent, damaged or of another shape: nothing has been folded then. */
async function readFolded(path: string): Promise<(Folded & { catalog?: string }) | undefined> {
  const bytes = await readOwn(path).catch(unlessRefused);
  if (!bytes) return undefined;
  try {
    return foldedIn(JSON.parse(bytes.toString()));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function foldedIn(value: unknown): (Folded & { catalog?: string }) | undefined {
  if (!isObject(value)) return undefined;
  const { generation, offsets, pending, catalog } = value;
  if (!isSize(generation) || generation > MOST || !isObject(offsets) || !isObject(pending))
    return undefined;
  return {
    generation,
    offsets: Object.fromEntries(
      Object.entries(offsets).flatMap(([key, end]) => (isSize(end) ? [[key, end]] : [])),
    ),
    pending: Object.fromEntries(
      Object.entries(pending).flatMap(([name, usage]) =>
        isImageName(name) && isUsage(usage) ? [[name, usage]] : [],
      ),
    ),
    ...(typeof catalog === 'string' ? { catalog } : {}),
  };
}

function foldedPath(state: string): string {
  return join(state, 'usage.json');
}

function intentPath(state: string): string {
  return join(state, 'usage.folding.json');
}
