import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { syncFolder, writeAtomically, writeNew } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { ignoreMissing, isMissing } from '../disk/if-there.js';
import { openOwn, readUpTo } from '../disk/paths/own-file.js';
import { requireFolderBelow } from '../disk/paths/own-folder.js';
import { readRange } from '../disk/read-range.js';
import { ImageError } from '../errors.js';
import { hexOf } from '../oci/digest.js';
import { Meter } from '../transfer/tap.js';
import {
  archiveFactsOf,
  commitArchiveFacts,
  discardStagedFacts,
  readArchiveFacts,
  readStagedFacts,
  removeArchiveFacts,
  stageArchiveFacts,
  type OwnArchive,
} from './archive-facts.js';
import {
  ARCHIVE_SUFFIX,
  formatRecord,
  parseRecord,
  RECORD_LIMIT,
  RECORD_SUFFIX,
  type ImageRecord,
} from './record.js';

const PARTIAL_SUFFIX = '.partial';
/** The front of an archive has the digests of all its content. */
const FRONT_BYTES = 1024 * 1024;

/** The result of a commit. */
export interface Committed {
  readonly record: ImageRecord;
  /** Size of the archive in bytes. */
  readonly size: number;
}

/** The path of the record of an archive. */
export function recordPath(archive: string): string {
  return `${archive.replace(/\.tar$/, '')}${RECORD_SUFFIX}`;
}

/**
 * Writes an archive, the facts of its file and its record as one commit: all as `.partial`, then the archive's rename, then
 * that of the facts, then the record's. After a crash in between, the old files are still there or {@link healArchive}
 * completes the new ones. The caller holds the archive's lock.
 *
 * @throws ImageError NO_SPACE; INVALID (the path leads out of the folder); whatever `content` and `toRecord` throw
 */
export async function commitArchive(
  archive: OwnArchive,
  content: Parameters<typeof writeNew>[1],
  toRecord: () => ImageRecord,
): Promise<Committed> {
  const { path } = archive;
  await healArchive(archive);
  await writeNew(path + PARTIAL_SUFFIX, content);
  const record = toRecord();
  const { digest } = record;
  const { size } = await stat(path + PARTIAL_SUFFIX);
  try {
    const sha256 = (await frontSha256(path + PARTIAL_SUFFIX)) ?? '';
    await stageArchiveFacts(archive, { digest, size, sha256 });
    await writeNew(recordPath(path) + PARTIAL_SUFFIX, [formatRecord(record)]);
    await rename(path + PARTIAL_SUFFIX, path);
  } catch (error) {
    await discard(archive);
    throw error;
  }
  await completeCommit(archive);
  return { record, size };
}

/** The end of a commit whose archive is in place. */
async function completeCommit(archive: OwnArchive): Promise<void> {
  const { path } = archive;
  await commitArchiveFacts(archive);
  await rename(recordPath(path) + PARTIAL_SUFFIX, recordPath(path));
  await syncFolder(dirname(path));
}

/**
 * Writes the record of an image that has no archive here, or an older one. The caller holds the archive's lock.
 *
 * @throws ImageError INVALID (the path leads out of the folder)
 */
export async function writeRecord({ place, path }: OwnArchive, record: ImageRecord): Promise<void> {
  await requireFolderBelow(place.folder, dirname(path));
  const partial = recordPath(path) + PARTIAL_SUFFIX;
  await writeAtomically(recordPath(path), [formatRecord(record)], { partial });
}

/**
 * Deletes an archive and its record as one commit. After a crash, {@link healArchive} restores the record if the archive still
 * exists, and else completes the deletion. If the archive is a symbolic link, only the link is deleted. The caller
 * holds the archive's lock.
 *
 * @throws ImageError INVALID (the path leads out of the folder)
 */
export async function removeArchive(archive: OwnArchive): Promise<void> {
  const { place, path } = archive;
  await requireFolderBelow(place.folder, dirname(path));
  await ignoreMissing(() => rename(recordPath(path), recordPath(path) + PARTIAL_SUFFIX));
  await rm(path, { force: true });
  await removeArchiveFacts(archive);
  await discard(archive);
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
export async function healArchive(archive: OwnArchive): Promise<void> {
  const { place, path } = archive;
  await requireFolderBelow(place.folder, dirname(path));
  const expected = await expectedSha256(archive);
  if (expected !== undefined && expected === (await frontSha256(path)))
    await completeCommit(archive);
  await discard(archive);
}

/** Reads the record beside an archive; undefined when there is none. @throws ImageError CORRUPT */
export async function readRecord(archive: string): Promise<ImageRecord | undefined> {
  const path = recordPath(archive);
  const bytes = archive.endsWith(ARCHIVE_SUFFIX) ? await readUpTo(path, RECORD_LIMIT) : undefined;
  return bytes && parseRecord(bytes, path);
}

/**
 * SHA-256 of the front of the archive that a partial record belongs to: from the facts of an interrupted commit, or those that an
 * interrupted deletion left; older versions wrote it into the record.
 */
async function expectedSha256(archive: OwnArchive): Promise<string | undefined> {
  const path = recordPath(archive.path) + PARTIAL_SUFFIX;
  try {
    const bytes = await readUpTo(path, RECORD_LIMIT);
    if (!bytes) return undefined;
    const record = parseRecord(bytes, path);
    const all = [
      readStagedFacts(archive),
      readArchiveFacts(archive, record),
      archiveFactsOf(record),
    ];
    return all.find((facts) => facts?.digest === record.digest)?.sha256;
  } catch (error) {
    if (error instanceof ImageError || isMissing(error)) return undefined;
    throw error;
  }
}

/** SHA-256 of the first MiB of a file in hex; undefined if it does not exist. */
async function frontSha256(path: string): Promise<string | undefined> {
  return ignoreMissing(async () => {
    const meter = new Meter();
    await using file = await openOwn(path, constants.O_RDONLY);
    for await (const chunk of readRange(file, 0, FRONT_BYTES)) meter.add(chunk);
    return hexOf(meter.digest());
  });
}

async function discard(archive: OwnArchive): Promise<void> {
  const { path } = archive;
  for (const each of [path, recordPath(path)]) await rm(each + PARTIAL_SUFFIX, { force: true });
  await discardStagedFacts(archive);
}
