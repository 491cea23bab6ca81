import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { fileMode, makeFolder, syncFolder, type FolderOptions } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { asWriteError, withEarlySyncs, writeAll } from '../disk/write-all.js';
import { withLock } from '../disk/lock.js';
import { readRange } from '../disk/read-range.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf } from '../oci/digest.js';
import type { Bytes, CallOptions, Open } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import { blobFile, fetchLock, partialFile } from './paths.js';

/** `O_NOFOLLOW`: the file name is predictable, so a planted symbolic link must not be followed. */
const RESUME = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Size of the partial blob that an interrupted fetch has left, in bytes. */
export async function partialSize(root: string, { digest }: Descriptor): Promise<number> {
  return (await statIfExists(partialFile(root, digest)))?.size ?? 0;
}

/**
 * Fetches a blob into a folder of blobs. An interrupted fetch is resumed from its partial file. Of several processes that
 * want the same blob, one fetches it while the others wait.
 *
 * @param isPresent returns whether the blob exists by now, as another process may have fetched it.
 * @throws ImageError CORRUPT, NO_SPACE; errors of `content`
 */
export async function resumeBlob(
  root: string,
  descriptor: Descriptor,
  content: Open,
  { isPresent, signal }: CallOptions & { readonly isPresent: () => Promise<boolean> },
): Promise<void> {
  const partial = partialFile(root, descriptor.digest);
  const folders = { privateTo: root };
  const fetch = async (): Promise<void> => {
    if (await isPresent()) return;
    await resumeFile(partial, descriptor, content, folders);
    const path = blobFile(root, descriptor.digest);
    await makeFolder(dirname(path), folders);
    await rename(partial, path);
    await syncFolder(dirname(path));
  };
  const lock = fetchLock(root, descriptor.digest);
  await makeFolder(dirname(lock), folders);
  // Wait without a timeout: the lock holder is still fetching, and the lock of a dead process expires.
  await withLock(lock, fetch, { wait: Infinity, signal });
}

/**
 * Writes a blob durably into a file that an earlier process may have begun; its bytes are not fetched again unless they are
 * damaged. No other process may write the file meanwhile. A failure of `content` leaves the bytes received so far.
 *
 * @throws ImageError CORRUPT (the file is deleted), NO_SPACE; errors of `content`
 */
export async function resumeFile(
  path: string,
  descriptor: Descriptor,
  content: Open,
  folders: FolderOptions,
): Promise<void> {
  await makeFolder(dirname(path), folders);
  await using file = await open(path, RESUME, fileMode(folders));
  const { size } = await file.stat();
  // A file longer than the blob is damaged, so start over.
  const resumeAt = size > descriptor.size ? 0 : size;
  if (resumeAt === 0 && (await isMoved(file, path, content))) return await file.sync();
  const isRight =
    (await append(file, descriptor, content, { at: resumeAt, partial: path })) ||
    // The bytes of the earlier fetch may be damaged, so fetch the whole blob once more.
    (resumeAt > 0 && (await append(file, descriptor, content, { at: 0, partial: path })));
  if (!isRight) {
    await rm(path, { force: true });
    throw new ImageError(
      'CORRUPT',
      `${descriptor.digest}: the ${descriptor.size} bytes received do not have this digest`,
      { hint: 'The source delivered damaged or wrong content, which was not kept.' },
    );
  }
  await file.sync();
}

/** Whether the content could be moved from a file, as a whole. @throws ImageError CORRUPT (the file is deleted) */
async function isMoved(file: FileHandle, path: string, { moveTo }: Open): Promise<boolean> {
  if (!moveTo) return false;
  let moved = false;
  try {
    await file.truncate(0);
    await withEarlySyncs(file, path, async (onWritten) => {
      moved = await moveTo({ file, offset: 0, onWritten });
    });
  } catch (error) {
    if (error instanceof ImageError && error.code === 'CORRUPT') await rm(path, { force: true });
    throw asWriteError(error, path);
  }
  return moved;
}

/** @returns whether the file now has the expected size and digest */
async function append(
  file: FileHandle,
  { digest, size }: Descriptor,
  content: Open,
  { at, partial }: { readonly at: number; readonly partial: string },
): Promise<boolean> {
  await file.truncate(at);
  const meter = new Meter(algorithmOf(digest));
  for await (const chunk of readRange(file, 0, at)) meter.add(chunk);
  const { lent } = content;
  const bytes = () => atMost(meter.through((lent ?? content)(at)), size - at);
  if (at < size) await writeAll(file, bytes(), partial, { least: lent && 1 });
  return meter.size === size && meter.digest() === digest;
}

/** Stops before the chunk that exceeds `limit` bytes: the size check then fails. */
async function* atMost(bytes: Bytes, limit: number): Bytes {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > limit) return;
    yield chunk;
  }
}
