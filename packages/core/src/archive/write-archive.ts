import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeAtomically } from '../disk/atomic-write.js';
import { rm } from '../disk/busy/retried.js';
import { WRITING_SUFFIX } from '../disk/leftover-files.js';
import { withLock } from '../disk/lock.js';
import { ImageError } from '../errors.js';
import type { Bytes, CallOptions } from '../transfer/store.js';
import { InterruptedArchive } from './interrupted-archive.js';
import type { ArchiveContent } from './tar/placed-tar.js';
import { writeParts } from './write-parts.js';

/** Options for writing an archive. */
export interface WriteArchiveOptions extends CallOptions {
  /** Write parts of this size in bytes; one file when omitted. */
  readonly partBytes?: number | undefined;
  /** Called before the first byte of `content` is asked for, with what an interrupted write of this archive left. */
  readonly onLeft?: (left: InterruptedArchive) => void;
}

/** The files of an archive that was written, one or its parts, and their size in bytes. */
export interface WrittenArchive {
  readonly files: number;
  readonly bytes: number;
}

/** Bytes of a name with which those of temporary files still fit in 255. */
const MAX_NAME_BYTES = 200;

/**
 * Writes an archive to a file or in parts, atomically. What an earlier write left when its process died is offered for
 * reuse, and is deleted when this one succeeds. One process at a time writes an archive; another waits for it.
 *
 * @returns the number of files, and their bytes
 * @throws ImageError NO_SPACE, USAGE (more than 999 parts), CONFLICT (another process is writing it for too long); whatever
 *   `content` throws
 */
export async function writeArchive(
  path: string,
  content: ArchiveContent | Bytes,
  { partBytes, onLeft, signal }: WriteArchiveOptions = {},
): Promise<WrittenArchive> {
  const whole = 'fill' in content ? content.fill({ signal }) : content;
  if (Buffer.byteLength(basename(path)) > MAX_NAME_BYTES && partBytes === undefined)
    return writeWhole(path, whole);
  return withLock(`${path}.lock`, async () => {
    await using left = await InterruptedArchive.take(path);
    if (left) onLeft?.(left);
    let written: WrittenArchive;
    try {
      if (partBytes === undefined)
        written = await writeWhole(path, whole, { partial: path + WRITING_SUFFIX });
      else {
        const sizes = await writeParts(path, content, partBytes);
        // A single file of that name would be read instead of the parts.
        await rm(path, { force: true });
        written = { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
      }
    } catch (error) {
      if (error instanceof ImageError && error.code === 'CORRUPT') await left?.remove();
      throw error;
    }
    await left?.remove();
    return written;
  });
}

async function writeWhole(
  ...[path, ...more]: Parameters<typeof writeAtomically>
): Promise<WrittenArchive> {
  await writeAtomically(path, ...more);
  return { files: 1, bytes: (await stat(path)).size };
}
