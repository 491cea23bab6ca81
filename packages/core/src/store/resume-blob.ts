import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statIfThere } from '../disk/allocated.js';
import { fileMode, makeFolder, syncFolder, writeAll } from '../disk/atomic-write.js';
import { withLock } from '../disk/lock.js';
import { readRange } from '../disk/read-range.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { algorithmOf, hasherFor } from '../oci/digest.js';
import type { Bytes, CallOptions, Open } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';
import { blobFile, fetchLock, partialFile } from './paths.js';

/** The name of the file is known beforehand, so a symbolic link that was planted there is not followed. */
const RESUME = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** How much of a blob an earlier try has left, in bytes. */
export async function resumable(root: string, { digest }: Descriptor): Promise<number> {
  return (await statIfThere(partialFile(root, digest)))?.size ?? 0;
}

/**
 * Fetches a blob into a folder of blobs. What came before a process died is kept, and gone on with; and of several
 * processes that want the same blob one fetches it, while the others wait.
 *
 * @param isThere whether somebody else has brought it meanwhile.
 * @throws ImageError CORRUPT, NO_SPACE; whatever `content` throws
 */
export async function resumeBlob(
  root: string,
  descriptor: Descriptor,
  content: Open,
  { isThere, signal }: CallOptions & { readonly isThere: () => Promise<boolean> },
): Promise<void> {
  const partial = partialFile(root, descriptor.digest);
  const folders = { privateTo: root };
  const fetch = async (): Promise<void> => {
    if (await isThere()) return;
    await makeFolder(dirname(partial), folders);
    await using file = await open(partial, RESUME, fileMode(folders));
    const { size } = await file.stat();
    // What is longer than the whole is wrong from somewhere on.
    const had = size > descriptor.size ? 0 : size;
    const isRight =
      (await append(file, descriptor, content, { at: had, partial })) ||
      // What was there before may be what is wrong.
      (had > 0 && (await append(file, descriptor, content, { at: 0, partial })));
    if (!isRight) {
      await rm(partial, { force: true });
      throw new ImageError(
        'CORRUPT',
        `${descriptor.digest}: expected ${descriptor.size} bytes of that digest, got others`,
        { hint: 'What it was fetched from is damaged, or lies; it was not kept.' },
      );
    }
    await file.sync();
    const path = blobFile(root, descriptor.digest);
    await makeFolder(dirname(path), folders);
    await rename(partial, path);
    await syncFolder(dirname(path));
  };
  const lock = fetchLock(root, descriptor.digest);
  await makeFolder(dirname(lock), folders);
  // Without a limit on time: the holder of the lock is fetching, and a process that died loses it.
  await withLock(lock, fetch, { wait: Infinity, signal });
}

/** @returns whether the file is now what it should be */
async function append(
  file: FileHandle,
  { digest, size }: Descriptor,
  content: Open,
  { at, partial }: { readonly at: number; readonly partial: string },
): Promise<boolean> {
  await file.truncate(at);
  const hasher = hasherFor(digest);
  for await (const chunk of readRange(file, 0, at)) hasher.update(chunk);
  let length = at;
  if (at < size) {
    const hashed = tap(content(at), (chunk) => {
      length += chunk.byteLength;
      hasher.update(chunk);
    });
    await writeAll(file, atMost(hashed, size - at), partial);
  }
  return length === size && `${algorithmOf(digest)}:${hasher.digest('hex')}` === digest;
}

/** Ends early when there is more: then it is not what it should be. */
async function* atMost(bytes: Bytes, limit: number): Bytes {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > limit) return;
    yield chunk;
  }
}
