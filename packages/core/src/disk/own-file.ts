import { constants } from 'node:fs';
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises';
import { ImageError, systemCode } from '../errors.js';

/** More than any document that people write takes (bytes). */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;
/** More than any document of ours takes (bytes). */
const LARGEST = 64 * 1024 * 1024;

/** Opening a pipe does not block; Windows has neither flag. */
const UNBLOCKED = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;
const UNFOLLOWED = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | UNBLOCKED;

/**
 * Opens a regular file that Stowage itself keeps. A cloned repository can hold a symbolic link in its place, so links
 * are not followed.
 *
 * @param flags of `node:fs` constants.
 * @throws ImageError INVALID (a symbolic link, or no regular file); what the file system says
 */
export async function openOwn(path: string, flags: number): Promise<FileHandle> {
  if (process.platform === 'win32') await refuseLink(path);
  let file: FileHandle;
  try {
    file = await open(path, flags | UNFOLLOWED, 0o666);
  } catch (error) {
    if (TOO_MANY_LINKS.has(systemCode(error) ?? '')) await refuseLink(path, error);
    throw error;
  }
  return regular(file, path);
}

/** Appends to a file of ours, creating it. @throws ImageError INVALID, as {@link openOwn} */
export async function appendOwn(path: string, text: string): Promise<void> {
  await using file = await openOwn(
    path,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT,
  );
  await file.appendFile(text);
}

/** The content of a file of ours; undefined where there is none. @throws ImageError INVALID, TOO_LARGE */
export async function readOwn(path: string): Promise<Buffer | undefined> {
  return readWith(() => openOwn(path, constants.O_RDONLY), path, LARGEST);
}

/** Like {@link readOwn}, for a file that may be reached through a link. */
export async function readUpTo(path: string, limit: number): Promise<Buffer | undefined> {
  const flags = constants.O_RDONLY | UNBLOCKED;
  return readWith(async () => regular(await open(path, flags), path), path, limit);
}

/** What the open of a link is refused with: Linux and macOS, FreeBSD. */
const TOO_MANY_LINKS: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK']);

async function readWith(
  opened: () => Promise<FileHandle>,
  path: string,
  limit: number,
): Promise<Buffer | undefined> {
  try {
    await using file = await opened();
    const { size } = await file.stat();
    if (size <= limit) return await file.readFile();
    throw new ImageError('TOO_LARGE', `${path}: expected at most ${limit} bytes, got ${size}`, {
      location: path,
    });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** @throws ImageError INVALID when the path is a symbolic link */
async function refuseLink(path: string, cause?: unknown): Promise<void> {
  const info = await lstat(path).catch(() => undefined);
  if (!info?.isSymbolicLink()) return;
  throw new ImageError(
    'INVALID',
    `${path}: expected a regular file, got a symbolic link to ${await readlink(path)}`,
    { location: path, hint: 'Delete the link; its target was left alone.', cause },
  );
}

async function regular(file: FileHandle, path: string): Promise<FileHandle> {
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new ImageError('INVALID', `${path}: expected a regular file, got something else`, {
    location: path,
  });
}
