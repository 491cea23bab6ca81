import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { rm } from '../disk/busy/retried.js';
import { requireSpace } from '../disk/free-space.js';
import { makeFolders } from '../disk/make-folders.js';
import { writeAt } from '../disk/write-all.js';
import type { Bytes, CallOptions } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';

export interface SpoolOptions extends CallOptions {
  /** Folder for the temporary file; created if it does not exist. */
  readonly folder: string;
  /** Expected size in bytes; 0 (unknown) when omitted. Free space is checked against it first. */
  readonly expected?: number;
  /** Whether chunks are lent: the memory of one is used again when the second one after it is asked for. */
  readonly isLent?: boolean;
}

/**
 * Copies a stream into a temporary file. The file is already unlinked when this returns, so it
 * disappears with its handle or the process; on Windows, where an open file cannot be unlinked, it
 * is deleted by `close`.
 *
 * @throws ImageError NO_SPACE; whatever `bytes` throws
 */
export async function spool(
  bytes: Bytes,
  { folder, expected = 0, isLent = false, signal }: SpoolOptions,
): Promise<FileHandle> {
  await makeFolders(folder);
  await requireSpace(folder, expected);
  const path = join(folder, `${randomBytes(8).toString('hex')}.spool`);
  const file = await open(path, 'wx+', 0o600);
  try {
    if (process.platform !== 'win32') await rm(path);
    await writeAt(
      { file, path },
      tap(bytes, () => signal?.throwIfAborted()),
      { least: isLent ? 1 : undefined },
    );
    return process.platform === 'win32' ? removeOnClose(file, path) : file;
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

function removeOnClose(file: FileHandle, path: string): FileHandle {
  const close = file.close.bind(file);
  return Object.assign(file, {
    close: async () => {
      await close();
      await rm(path, { force: true });
    },
  });
}
