import { randomBytes } from 'node:crypto';
import { closeSync, fsync, openSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../errors.js';
import { rename, retryBusy, rm } from './busy/retried.js';
import { refuseLinks } from './paths/links-below.js';
import { makeFolders } from './make-folders.js';
import { asWriteError, writeAll, type Chunks } from './write-all.js';

/** Writes the content of a new file, in any order. */
export type Fill = (file: FileHandle, path: string) => Promise<void>;

/** Options for creating the folders of a file. */
export interface FolderOptions {
  /**
   * A private folder: it, and folders created below it, get mode 0700, files 0600. Existing folders keep their mode. When
   * omitted, the umask decides.
   */
  readonly privateTo?: string | undefined;
}

/** Options for writing a new file. */
export interface NewFileOptions extends FolderOptions {
  /**
   * `false` for what can be had again, such as a manifest in a cache: nothing waits for the disk, and after a power cut the file may
   * be missing or empty. The default is `true`.
   */
  readonly isSynced?: boolean | undefined;
}

/** Options for writing a file. */
export interface AtomicOptions extends FolderOptions {
  /**
   * Path of the temporary file; a random name beside the file when omitted. A caller that holds a lock may give a fixed
   * path, so that the temporary file of a crashed process is overwritten.
   */
  readonly partial?: string;
}

/**
 * Creates or replaces a file atomically: temporary file beside it, fsync, rename, fsync of the
 * folder. Creates the folder. A crash leaves at most the temporary file.
 *
 * @throws ImageError NO_SPACE; errors of `content`
 */
export async function writeAtomically(
  path: string,
  content: Chunks | Fill,
  { partial = partialBeside(path), ...options }: AtomicOptions = {},
): Promise<void> {
  await writeNew(partial, content, options);
  try {
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Writes a new file and waits until it is on disk, unless `isSynced` is `false`; deletes it if that fails. An existing file or
 * symbolic link is replaced: nothing is ever written through a link.
 */
export async function writeNew(
  path: string,
  content: Chunks | Fill,
  { isSynced = true, ...options }: NewFileOptions = {},
): Promise<void> {
  await makeFolder(dirname(path), options);
  try {
    await using file = await openNew(path, fileMode(options));
    await (typeof content === 'function' ? content(file, path) : writeAll(file, content, path));
    if (isSynced) await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw asWriteError(error, path);
  }
}

async function openNew(path: string, mode: number): Promise<FileHandle> {
  // On Windows the name of a deleted file is free only when no program has that file open any more.
  const create = () => retryBusy(path, () => open(path, 'wx', mode));
  try {
    return await create();
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await rm(path);
    return create();
  }
}

/** The mode of a new file, before the umask. */
export function fileMode({ privateTo }: FolderOptions): number {
  return privateTo === undefined ? 0o666 : 0o600;
}

/** Code units of a file's name in the name of its temporary file: at 3 bytes each, the suffix still fits in 255 bytes. */
const MAX_PREFIX = 70;

function partialBeside(path: string): string {
  const name = basename(path).slice(0, MAX_PREFIX);
  return join(dirname(path), `${name}.${randomBytes(6).toString('hex')}.partial`);
}

/** Folders that are being created and are not synced yet. */
const creating = new Set<Promise<number>>();

/**
 * Creates a folder and those above it, and syncs the parent of each, so that a crash does not lose the folder and files
 * renamed into it.
 *
 * @returns how many folders were created
 * @throws ImageError INVALID when there is a symbolic link below `privateTo`
 */
export async function makeFolder(path: string, { privateTo }: FolderOptions = {}): Promise<number> {
  if (privateTo === undefined) return createFolders(path, 0o777);
  const above = await createFolders(dirname(privateTo), 0o777);
  refuseLinks(privateTo, path);
  return above + (await createFolders(path, 0o700));
}

async function createFolders(path: string, mode: number): Promise<number> {
  const created = createAndSync(path, mode);
  creating.add(created);
  try {
    return await created;
  } finally {
    creating.delete(created);
  }
}

async function createAndSync(path: string, mode: number): Promise<number> {
  const first = await makeFolders(path, mode);
  if (first === undefined) return 0;
  let created = 0;
  for (let at = dirname(path); at.length >= dirname(first).length; at = dirname(at)) {
    await syncShared(at);
    created++;
    if (at === dirname(at)) break;
  }
  return created;
}

/**
 * Makes renames inside a folder durable, and the folder itself if another call in this process is creating it.
 */
export async function syncFolder(path: string): Promise<void> {
  await syncShared(path);
  await Promise.allSettled(creating);
}

/** For each folder: the running sync, and the one that starts after it. */
const syncing = new Map<string, { now: Promise<void>; next?: Promise<void> }>();

/** Callers during a running sync share the next one. */
function syncShared(path: string): Promise<void> {
  const running = syncing.get(path);
  if (running) {
    // The running sync may have begun before this caller's rename.
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
  // Synchronous but for the sync itself: more round trips to the thread pool would take longer.
  const folder = openSync(path, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      fsync(folder, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    closeSync(folder);
  }
}
