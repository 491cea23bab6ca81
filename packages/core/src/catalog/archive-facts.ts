import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { writeNew } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { ignoreMissing, ignoreMissingSync } from '../disk/if-there.js';
import { inside } from '../disk/paths/inside.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { isObject, isSize } from '../oci/json.js';
import type { CatalogPlace } from './locate.js';

/**
 * Facts about the file of an archive that was written here, in `.stowage/archives/<path>.json`. They are not in the record:
 * machines that have the same image have equal records, with or without an archive. If the file is lost, only the
 * archive itself tells what it holds.
 */
export interface ArchiveFacts {
  /** Digest of the image manifest or index that was written. */
  readonly digest: Digest;
  /** Size of the archive in bytes. */
  readonly size: number;
  /** SHA-256 of the first MiB of the archive, in hex: it tells an archive from another one, and not a damaged one. */
  readonly sha256: string;
}

const PARTIAL_SUFFIX = '.partial';

/** An archive that Stowage may write, rename and delete, because it lies in the folder of archives. */
export interface OwnArchive {
  readonly place: Pick<CatalogPlace, 'folder' | 'state' | 'sharedState'>;
  /** Path of the archive, below the folder of archives. */
  readonly path: string;
}

/**
 * Reads the facts of an archive; undefined if none were written, or the file is damaged. Synchronous, as an inventory is.
 *
 * @param record the record beside the archive: older versions wrote the facts into it.
 */
export function readArchiveFacts(archive: OwnArchive, record: unknown): ArchiveFacts | undefined {
  return readFacts(pathOf(archive), record);
}

/** The facts in a parsed JSON value; undefined if they are not complete. */
export function archiveFactsOf(value: unknown): ArchiveFacts | undefined {
  if (!isObject(value)) return undefined;
  const { digest, size, sha256 } = value;
  const isSum = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return isDigest(digest) && isSize(size) && isSum ? { digest, size, sha256 } : undefined;
}

/** Writes the facts of an archive that is about to be renamed into place; {@link commitArchiveFacts} makes them valid. */
export async function stageArchiveFacts(
  archive: OwnArchive,
  { digest, size, sha256 }: ArchiveFacts,
): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify({ digest, size, sha256 })}\n`);
  await writeNew(pathOf(archive) + PARTIAL_SUFFIX, [bytes]);
}

/** The staged facts of a commit that is not complete. */
export function readStagedFacts(archive: OwnArchive): ArchiveFacts | undefined {
  return readFacts(pathOf(archive) + PARTIAL_SUFFIX, undefined);
}

/** Makes staged facts valid, if there are any. */
export async function commitArchiveFacts(archive: OwnArchive): Promise<void> {
  const path = pathOf(archive);
  await ignoreMissing(() => rename(path + PARTIAL_SUFFIX, path));
}

/** Deletes staged facts. */
export async function discardStagedFacts(archive: OwnArchive): Promise<void> {
  await rm(pathOf(archive) + PARTIAL_SUFFIX, { force: true });
}

/** Deletes the facts of an archive. */
export async function removeArchiveFacts(archive: OwnArchive): Promise<void> {
  await rm(pathOf(archive), { force: true });
}

function readFacts(path: string, other: unknown): ArchiveFacts | undefined {
  const text = ignoreMissingSync(() => readFileSync(path, 'utf8'));
  try {
    return archiveFactsOf(text === undefined ? other : JSON.parse(text));
  } catch {
    return undefined;
  }
}

function pathOf({ place: { folder, state, sharedState = state }, path }: OwnArchive): string {
  return inside(sharedState, 'archives', `${relative(folder, path)}.json`);
}
