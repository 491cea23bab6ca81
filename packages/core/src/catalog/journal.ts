import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeAtomically } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { ignoreMissing, readFolder } from '../disk/if-there.js';
import { makeFolders } from '../disk/make-folders.js';
import { appendOwn, openOwn, readOwn } from '../disk/paths/own-file.js';
import { readRange } from '../disk/read-range.js';
import { ageOf } from '../disk/touch.js';
import { ImageError, systemCode } from '../errors.js';
import { isObject, isSize } from '../oci/json.js';
import { isImageName } from './record.js';
import { formatUse, isUsage, mergeUsage, parseUses, type Usage } from './usage.js';

/*
 * The journal of uses, in the state folder that all workspaces with the same folder of archives share:
 *
 *   usage.<n>.jsonl       one line for each use, appended without any lock
 *   usage.json            how far each file has been folded into the catalog, and uses that wait for an entry
 *   usage.folding.json    the next usage.json, and the sha256 of the catalog after the fold
 *
 * A fold writes usage.folding.json (the intent), then the catalog, then renames the intent to usage.json. After a
 * crash, the sha256 of the catalog tells whether the fold took place, so every use counts exactly once. A journal file
 * is never truncated or renamed, so a line that is appended late is still found. When it is large, a new one is
 * started, and it is deleted an hour after its last line.
 */
interface FoldState {
  readonly generation: number;
  /** Bytes of each journal file that are folded into the catalog, by generation. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Uses of images that have no entry yet, as after a restore from Nx's cache. */
  readonly pending: Readonly<Record<string, Usage>>;
}

const NOTHING_FOLDED: FoldState = { generation: 0, offsets: {}, pending: {} };
/** Size from which a new journal file is started. */
const MAX_JOURNAL_BYTES = 256 * 1024;
/** Highest generation: a journal's number has at most nine digits. */
const MAX_GENERATION = 999_999_999;
/** Age from which an old, fully folded journal file is deleted. */
const DELETE_AFTER_MS = 60 * 60 * 1000;
const JOURNAL_FILE = /^usage\.(\d{1,9})\.jsonl$/;

/** A read-only or full disk must not prevent the use of an image, so the use is then not recorded. */
const IGNORED_APPEND_CODES: ReadonlySet<string> = new Set([
  'EROFS',
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EDQUOT',
]);

/**
 * Records a use by appending one line; silently does nothing on a read-only or full disk.
 *
 * @throws ImageError INVALID (a symbolic link in place of the journal)
 */
export async function appendUse(state: string, name: string, at: Date): Promise<void> {
  try {
    await appendLine(state, name, at);
  } catch (error) {
    if (!IGNORED_APPEND_CODES.has(systemCode(error) ?? '')) throw error;
  }
}

async function appendLine(state: string, name: string, at: Date): Promise<void> {
  await makeFolders(state);
  const { generation } = (await readFolded(foldedPath(state))) ?? NOTHING_FOLDED;
  // A line break before the line separates it from a truncated line of a process that died.
  await appendOwn(
    join(state, `usage.${generation}.jsonl`),
    `\n${formatUse({ name, at: at.toISOString() })}`,
  );
}

/** Uses that are not yet folded into the catalog with the given sha256, by image name. */
export async function readUnfoldedUses(
  state: string,
  catalogSha256: () => Promise<string>,
): Promise<ReadonlyMap<string, Usage>> {
  return (await collect(state, await readCurrent(state, catalogSha256))).uses;
}

/** A fold of the journal into the catalog: call `begin`, write the catalog, call `end`. */
export interface Fold {
  readonly uses: ReadonlyMap<string, Usage>;
  /** Writes the intent. `catalog` is the new text; `pending` are uses of images without an entry. */
  readonly begin: (catalog: string, pending: ReadonlyMap<string, Usage>) => Promise<void>;
  /** Commits the intent, after the catalog was written. */
  readonly end: () => Promise<void>;
}

/** Prepares a fold into the catalog with this text. The caller holds the catalog's lock. */
export async function openFold(state: string, catalog: string): Promise<Fold> {
  const folded = await readCurrent(state, async () => sha256Of(catalog));
  const { uses, offsets, isLarge } = await collect(state, folded);
  const isNew = uses.size > 0 || isLarge;
  return {
    uses,
    begin: async (text, pending) => {
      if (!isNew) return;
      const next: FoldState = {
        generation: folded.generation + (isLarge ? 1 : 0),
        offsets,
        pending: Object.fromEntries(pending),
      };
      const intent = { ...next, catalog: sha256Of(text) };
      await writeAtomically(intentPath(state), [Buffer.from(JSON.stringify(intent))]);
    },
    end: async () => {
      await commitIntent(state);
      await removeOld(state);
    },
  };
}

/** SHA-256 of a text, in hex. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The fold state that matches the catalog: the intent if its catalog was written, else usage.json. */
async function readCurrent(
  state: string,
  catalogSha256: () => Promise<string>,
): Promise<FoldState> {
  const intent = await readFolded(intentPath(state));
  if (intent && intent.catalog === (await catalogSha256())) return intent;
  return (await readFolded(foldedPath(state))) ?? NOTHING_FOLDED;
}

async function collect(state: string, { generation, offsets, pending }: FoldState) {
  const uses = new Map(Object.entries(pending));
  const ends: Record<string, number> = {};
  for (const each of await listGenerations(state)) {
    const { text, end } = await readLines(join(state, `usage.${each}.jsonl`), offsets[each] ?? 0);
    for (const [name, usage] of parseUses(text)) uses.set(name, mergeUsage(uses.get(name), usage));
    ends[each] = end;
  }
  return { uses, offsets: ends, isLarge: (ends[generation] ?? 0) > MAX_JOURNAL_BYTES };
}

/** Complete lines from a byte offset on, and the offset after them. */
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

async function commitIntent(state: string): Promise<void> {
  await ignoreMissing(() => rename(intentPath(state), foldedPath(state)));
}

async function removeOld(state: string): Promise<void> {
  const { generation, offsets } = (await readFolded(foldedPath(state))) ?? NOTHING_FOLDED;
  for (const each of await listGenerations(state)) {
    const path = join(state, `usage.${each}.jsonl`);
    const info = await lstat(path);
    const isFolded = each < generation && info.size <= (offsets[each] ?? 0);
    if (isFolded && ageOf(info) > DELETE_AFTER_MS) await rm(path, { force: true });
  }
}

async function listGenerations(state: string): Promise<number[]> {
  return (await readFolder(state)).flatMap(({ name }) => {
    const number = JOURNAL_FILE.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

/** A symbolic link in place of a journal is read as empty; the next append reports it. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof ImageError)) throw error;
}

/** Undefined when the file is absent, damaged or of another shape. */
async function readFolded(path: string): Promise<(FoldState & { catalog?: string }) | undefined> {
  const bytes = await readOwn(path).catch(unlessRefused);
  if (!bytes) return undefined;
  try {
    return parseFolded(JSON.parse(bytes.toString()));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parseFolded(value: unknown): (FoldState & { catalog?: string }) | undefined {
  if (!isObject(value)) return undefined;
  const { generation, offsets, pending, catalog } = value;
  if (
    !isSize(generation) ||
    generation > MAX_GENERATION ||
    !isObject(offsets) ||
    !isObject(pending)
  )
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
