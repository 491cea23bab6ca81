import { constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ImageError, systemCode } from '../../errors.js';
import { systemPath } from './byte-names.js';
import { ignoreMissingSync, isMissing } from '../if-there.js';

/** Limit for documents that people write (bytes): far larger than any of them. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** Limit for files that Stowage keeps (bytes): far larger than any of them. */
const OWN_FILE_LIMIT = 64 * 1024 * 1024;

/** Flags that do not block on a pipe and do not follow links; Windows has neither. */
const NON_BLOCKING = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;
const NO_FOLLOW = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | NON_BLOCKING;

/**
 * Opens a regular file that Stowage keeps. A cloned repository can hold a symbolic link in its place, so links
 * are not followed.
 *
 * @param flags of `node:fs` constants.
 * @throws ImageError INVALID (a symbolic link, or not a regular file); errors of the file system
 */
export async function openOwn(path: string, flags: number): Promise<FileHandle> {
  if (process.platform === 'win32') refuseLink(path);
  let file: FileHandle;
  try {
    file = await open(systemPath(path), flags | NO_FOLLOW, 0o666);
  } catch (error) {
    refuseLink(path, error);
    throw error;
  }
  return requireRegular(file, path);
}

/**
 * Like {@link openOwn}, for reading so many small files that a promise for each would cost more than the call. The caller
 * checks that it is a regular file.
 */
export function openOwnSync(path: string): number {
  if (process.platform === 'win32') refuseLink(path);
  try {
    return openSync(systemPath(path), constants.O_RDONLY | NO_FOLLOW);
  } catch (error) {
    refuseLink(path, error);
    throw error;
  }
}

/** Appends to a file that Stowage keeps; creates it. @throws ImageError INVALID, as {@link openOwn} */
export async function appendOwn(path: string, text: string): Promise<void> {
  await using file = await openOwn(
    path,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT,
  );
  await file.appendFile(text);
}

/** The content of a file that Stowage keeps; undefined if it does not exist. @throws ImageError INVALID, TOO_LARGE */
export async function readOwn(path: string): Promise<Buffer | undefined> {
  return readWith(() => openOwn(path, constants.O_RDONLY), path, OWN_FILE_LIMIT);
}

/** Like {@link readOwn}, for a file of the user, which may be a link. @param limit in bytes. */
export async function readUpTo(path: string, limit: number): Promise<Buffer | undefined> {
  const flags = constants.O_RDONLY | NON_BLOCKING;
  return readWith(
    async () => requireRegular(await open(systemPath(path), flags), path),
    path,
    limit,
  );
}

/** Error codes of opening a link with O_NOFOLLOW: Linux and macOS, FreeBSD. */
const LINK_ERRORS: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK']);

async function readWith(
  openFile: () => Promise<FileHandle>,
  path: string,
  limit: number,
): Promise<Buffer | undefined> {
  try {
    await using file = await openFile();
    const { size } = await file.stat();
    if (size <= limit) return await file.readFile();
    throw new ImageError('TOO_LARGE', `${path}: ${size} bytes, more than the limit of ${limit}`, {
      location: path,
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** @param cause the error of opening it, if it was opened. @throws ImageError INVALID when the path is a symbolic link */
function refuseLink(path: string, cause?: unknown): void {
  if (cause !== undefined && !LINK_ERRORS.has(systemCode(cause) ?? '')) return;
  const target = ignoreMissingSync(() =>
    lstatSync(systemPath(path)).isSymbolicLink() ? readlinkSync(systemPath(path)) : undefined,
  );
  if (target === undefined) return;
  throw new ImageError('INVALID', `${path}: a symbolic link to ${target}, not a regular file`, {
    location: path,
    hint: 'Delete the link; its target was left alone.',
    cause,
  });
}

async function requireRegular(file: FileHandle, path: string): Promise<FileHandle> {
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new ImageError('INVALID', `${path}: not a regular file`, {
    location: path,
  });
}
