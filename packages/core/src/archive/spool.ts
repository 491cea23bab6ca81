import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeChunk } from '../disk/atomic-write.js';
import { requireSpace } from '../disk/free-space.js';
import type { Bytes, CallOptions } from '../transfer/store.js';

export interface SpoolOptions extends CallOptions {
  /** A folder on the disk that has the room. */
  readonly folder: string;
  /** How many bytes are expected, if that is known. */
  readonly expected?: number;
}

/**
 * Puts a stream that can be read only once into a temporary file. The file has no name any more
 * when this returns (it is gone with its handle, or with the process); on Windows, where an open
 * file keeps its name, it goes when the handle is closed through `close`.
 *
 * @throws ImageError NO_SPACE; whatever `bytes` throws
 */
export async function spool(
  bytes: Bytes,
  { folder, expected = 0, signal }: SpoolOptions,
): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  await requireSpace(folder, expected);
  const path = join(folder, `${randomBytes(8).toString('hex')}.spool`);
  const file = await open(path, 'wx+', 0o600);
  try {
    if (process.platform !== 'win32') await rm(path);
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      await writeChunk(file, chunk, path);
    }
    return process.platform === 'win32' ? removedOnClose(file, path) : file;
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

function removedOnClose(file: FileHandle, path: string): FileHandle {
  const close = file.close.bind(file);
  return Object.assign(file, {
    close: async () => {
      await close();
      await rm(path, { force: true });
    },
  });
}
