import { constants } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { syncFolder, writeDurably } from '../disk/atomic-write.js';
import { ignoreMissing, isMissing } from '../disk/if-there.js';
import { openOwn, readUpTo } from '../disk/own-file.js';
import { requireFolderBelow } from '../disk/own-folder.js';
import { readRange } from '../disk/read-range.js';
import { ImageError } from '../errors.js';
import { hexOf } from '../oci/digest.js';
import { Meter } from '../transfer/tap.js';
import {
  ARCHIVE_SUFFIX,
  formatRecord,
  parseRecord,
  RECORD_LIMIT,
  RECORD_SUFFIX,
  type ImageRecord,
} from './record.js';

const PARTIAL_SUFFIX = '.partial';

/** An archive that Stowage may write, rename and delete, because it lies in the folder of archives. */
export interface OwnArchive {
  /** The folder of archives, absolute. */
  readonly folder: string;
  /** Path of the archive, below `folder`. */
  readonly path: string;
}

/** The path of the record of an archive. */
export function recordPath(archive: string): string {
  return `${archive.replace(/\.tar$/, '')}${RECORD_SUFFIX}`;
}

/**
 * Writes an archive and its record as one commit: both as `.partial`, then the archive's rename, then
 * the record's. After a crash in between, the old pair is still there or {@link healArchive} completes the new one.
 * The caller holds the archive's lock.
 *
 * @param toRecord creates the record from the archive's size in bytes and its SHA-256.
 * @throws ImageError NO_SPACE; INVALID (the path leads out of the folder); whatever `content` throws
 */
export async function commitArchive(
  archive: OwnArchive,
  content: AsyncIterable<Uint8Array>,
  toRecord: (facts: Pick<ImageRecord, 'size' | 'sha256'>) => ImageRecord,
): Promise<ImageRecord> {
  const { path } = archive;
  await healArchive(archive);
  const meter = new Meter();
  await writeDurably(path + PARTIAL_SUFFIX, meter.through(content));
  const record = toRecord({ size: meter.size, sha256: hexOf(meter.digest()) });
  try {
    await writeDurably(recordPath(path) + PARTIAL_SUFFIX, [formatRecord(record)]);
    await rename(path + PARTIAL_SUFFIX, path);
  } catch (error) {
    await discard(path);
    throw error;
  }
  await rename(recordPath(path) + PARTIAL_SUFFIX, recordPath(path));
  await syncFolder(dirname(path));
  return record;
}

/**
 * Deletes an archive and its record as one commit. After a crash, {@link healArchive} restores the record if the archive still
 * exists, and else completes the deletion. If the archive is a symbolic link, only the link is deleted. The caller
 * holds the archive's lock.
 *
 * @throws ImageError INVALID (the path leads out of the folder)
 */
export async function removeArchive({ folder, path }: OwnArchive): Promise<void> {
  await requireFolderBelow(folder, dirname(path));
  await ignoreMissing(() => rename(recordPath(path), recordPath(path) + PARTIAL_SUFFIX));
  await rm(path, { force: true });
  await discard(path);
}

/** Whether a commit has written its partial record: it is in progress, or its process died. */
export async function hasPartialRecord(path: string): Promise<boolean> {
  return (await statIfExists(recordPath(path) + PARTIAL_SUFFIX)) !== undefined;
}

/**
 * Completes or rolls back a commit whose process died. The caller holds the archive's lock.
 *
 * @throws ImageError INVALID (the path leads out of the folder)
 */
export async function healArchive({ folder, path }: OwnArchive): Promise<void> {
  await requireFolderBelow(folder, dirname(path));
  if (await isRecordOf(path, recordPath(path) + PARTIAL_SUFFIX))
    await rename(recordPath(path) + PARTIAL_SUFFIX, recordPath(path));
  await discard(path);
}

/** Reads the record beside an archive; undefined when there is none. @throws ImageError CORRUPT */
export async function readRecord(archive: string): Promise<ImageRecord | undefined> {
  const path = recordPath(archive);
  const bytes = archive.endsWith(ARCHIVE_SUFFIX) ? await readUpTo(path, RECORD_LIMIT) : undefined;
  return bytes && parseRecord(bytes, path);
}

async function isRecordOf(archive: string, record: string): Promise<boolean> {
  try {
    const bytes = await readUpTo(record, RECORD_LIMIT);
    return bytes !== undefined && parseRecord(bytes, record).sha256 === (await sha256(archive));
  } catch (error) {
    if (error instanceof ImageError || isMissing(error)) return false;
    throw error;
  }
}

async function sha256(path: string): Promise<string> {
  const meter = new Meter();
  await using file = await openOwn(path, constants.O_RDONLY);
  for await (const chunk of readRange(file, 0, Infinity)) meter.add(chunk);
  return hexOf(meter.digest());
}

async function discard(path: string): Promise<void> {
  for (const each of [path, recordPath(path)]) await rm(each + PARTIAL_SUFFIX, { force: true });
}
