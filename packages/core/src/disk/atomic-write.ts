import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asImageError, systemCode } from '../errors.js';
import { refuseLinks } from './links-below.js';

/** Content of a file, in chunks. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** How the folders of a file are created. */
export interface FolderOptions {
  /**
   * A folder for one user alone: it, and folders created below it, get mode 0700, files 0600. Modes of existing folders
   * stay. When omitted, the umask decides.
   */
  readonly privateTo?: string | undefined;
}

/** How a file is written. */
export interface AtomicOptions extends FolderOptions {
  /**
   * The temporary file; a new name for each call when omitted. A caller that holds a lock may give a fixed name, so that the
   * rest of a process that died is overwritten.
   */
  readonly partial?: string;
}

/**
 * Writes a file that is either whole or not there: temporary file beside it, fsync, rename, fsync
 * of the folder. Creates the folder. A process that dies leaves at most the temporary file.
 *
 * @throws ImageError NO_SPACE; whatever `content` throws
 */
export async function writeAtomically(
  path: string,
  content: Chunks,
  { partial = partialBeside(path), ...options }: AtomicOptions = {},
): Promise<void> {
  await writeDurably(partial, content, options);
  try {
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Writes a new file and waits until it is on disk; removes it again when that fails. An existing file, or a symbolic
 * link in its place, is replaced: nothing is ever written through a link.
 */
export async function writeDurably(
  path: string,
  content: Chunks,
  options: FolderOptions = {},
): Promise<void> {
  await makeFolder(dirname(path), options);
  try {
    await using file = await openNew(path, fileMode(options));
    await writeAll(file, content, path);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw noSpace(error, path);
  }
}

async function openNew(path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(path, 'wx', mode);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await rm(path);
    return open(path, 'wx', mode);
  }
}

/** The mode of a new file, before the umask. */
export function fileMode({ privateTo }: FolderOptions): number {
  return privateTo === undefined ? 0o666 : 0o600;
}

/** Of the name of a file, as much (code units of at most 3 bytes) as leaves room in 255 bytes for the suffix. */
const KEPT = 70;

function partialBeside(path: string): string {
  const name = basename(path).slice(0, KEPT);
  return join(dirname(path), `${name}.${randomBytes(6).toString('hex')}.partial`);
}

/** So much (bytes) is written at once. */
const BATCH = 1024 * 1024;

/** So much (bytes) goes to the disk while more comes, so that whoever waits for the disk in the end waits for little. */
const EARLY = 32 * BATCH;

/** Appends content to an open file: in few writes, one of them under way while the next is gathered. */
export async function writeAll(file: FileHandle, content: Chunks, path: string): Promise<void> {
  let batch: Uint8Array[] = [];
  let size = 0;
  let loose = 0;
  let writing: Promise<void> = Promise.resolve();
  let syncing: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    await writing;
    const chunks = batch;
    loose += size;
    batch = [];
    size = 0;
    writing = writeChunks(file, chunks, path);
    // Its failure is met at the next write; until then nobody waits for it.
    writing.catch(() => undefined);
    if (loose < EARLY || syncing) return;
    loose = 0;
    const done = () => (syncing = undefined);
    // What fails here fails again when it is waited for.
    syncing = file.datasync().then(done, done);
  };
  try {
    for await (const chunk of content) {
      batch.push(chunk);
      size += chunk.byteLength;
      if (size >= BATCH) await flush();
    }
  } finally {
    // What came before a failure is written, too: somebody may go on from there.
    if (size > 0) await Promise.allSettled([flush()]);
    await Promise.allSettled([writing, syncing]);
  }
  await writing;
}

async function writeChunks(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  path: string,
): Promise<void> {
  const [only, ...more] = chunks;
  if (only) await writeChunk(file, more.length === 0 ? only : Buffer.concat(chunks), path);
}

/** Calls of `makeFolder` that have not synced everything yet. */
const making = new Set<Promise<number>>();

/**
 * Makes a folder and those above it, and syncs the parent of each, so that a file renamed into it later is not lost
 * with it.
 *
 * @returns how many folders were made
 * @throws ImageError INVALID when a symbolic link leads out of `privateTo`
 */
export async function makeFolder(path: string, { privateTo }: FolderOptions = {}): Promise<number> {
  if (privateTo === undefined) return makeAll(path, 0o777);
  const above = await makeAll(dirname(privateTo), 0o777);
  refuseLinks(privateTo, path);
  return above + (await makeAll(path, 0o700));
}

async function makeAll(path: string, mode: number): Promise<number> {
  const made = makeAndSync(path, mode);
  making.add(made);
  try {
    return await made;
  } finally {
    making.delete(made);
  }
}

async function makeAndSync(path: string, mode: number): Promise<number> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return 0;
  let made = 0;
  for (let at = dirname(path); at.length >= dirname(first).length; at = dirname(at)) {
    await syncShared(at);
    made++;
    if (at === dirname(at)) break;
  }
  return made;
}

/**
 * Makes renames inside a folder durable, and the folder itself where another call of this process makes it at this
 * moment.
 */
export async function syncFolder(path: string): Promise<void> {
  await syncShared(path);
  await Promise.allSettled(making);
}

/** Folders that are being synced: what is under way, and the one that will begin after it. */
const syncing = new Map<string, { now: Promise<void>; next?: Promise<void> }>();

/** Callers that come while one is under way share the next. */
function syncShared(path: string): Promise<void> {
  const running = syncing.get(path);
  if (running) {
    // The one under way may have begun before this caller's rename.
    running.next ??= running.now.catch(() => undefined).then(() => beginSync(path));
    return running.next;
  }
  return beginSync(path);
}

function beginSync(path: string): Promise<void> {
  const now = sync(path);
  const entry = { now };
  syncing.set(path, entry);
  const done = () => {
    if (syncing.get(path) === entry) syncing.delete(path);
  };
  now.then(done, done);
  return now;
}

async function sync(path: string): Promise<void> {
  // Windows cannot open a folder; its file systems order renames themselves.
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** Writes all of `chunk`: a single `write` may take less. */
export async function writeChunk(file: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    try {
      at += (await file.write(chunk, at)).bytesWritten;
    } catch (error) {
      throw noSpace(error, path);
    }
  }
}

/** Handles know no path; the caller does. */
function noSpace(error: unknown, path: string): unknown {
  return asImageError(error instanceof Error ? Object.assign(error, { path }) : error);
}
