import { open, readFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { ignoreMissing } from '../disk/if-there.js';
import { inside } from '../disk/paths/inside.js';
import { readUpTo } from '../disk/paths/own-file.js';
import { Parts } from '../disk/parts.js';
import { ImageError, shortList } from '../errors.js';

/**
 * One part of a split archive: `x.tar.001`, `x.tar.002`, … concatenated are the archive, and `x.tar.sha256` lists the
 * checksums of the parts, as `sha256sum --check` reads them. The list is written last, so where it exists, the set is
 * complete.
 *
 * While a set is being replaced, or when that was interrupted, `x.tar.sha256.new` lists the new set. Where it exists it
 * is valid instead of `x.tar.sha256`, and each part is `x.tar.001.new` or, once renamed, `x.tar.001`.
 */
export interface ArchivePart {
  readonly path: string;
  readonly sha256: string;
}

export const SUMS_SUFFIX = '.sha256';
/** Suffix of the parts and of the list of a set that is going to replace another one. */
export const NEW_SUFFIX = '.new';
/** Part numbers have three digits, so that a shell expands `x.tar.???` in order. */
export const MAX_PARTS = 999;
/** Size of a list of 999 lines, each a checksum and a file name. */
export const MAX_SUMS_BYTES = MAX_PARTS * 400;
const PART_PATH = /^(.+)\.([0-9]{3})$/;
/** A checksum and the name of a file in the same folder: no path, no control characters. */
const SUMS_LINE = /^([0-9a-f]{64}) [ *]([^/\\\p{Cc}]{1,255})$/u;

/** Parses the checksum list of a split archive; `path` is that of the list. @throws ImageError INVALID */
export function parseSums(text: string, path: string): ArchivePart[] {
  const parts = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, sha256, name] = SUMS_LINE.exec(line) ?? [];
      if (sha256 === undefined || name === undefined || name === '.' || name === '..')
        throw new ImageError(
          'INVALID',
          `${path}: not a line of a SHA-256 and a file name: ${JSON.stringify(line.slice(0, 200))}`,
          { location: path },
        );
      return { path: inside(dirname(path), name), sha256 };
    });
  const isSet = parts.every((part, at) => part.path === partPath(stem(parts), at + 1));
  if (parts.length === 1 || isSet) return parts;
  throw new ImageError(
    'INVALID',
    `${path}: not the checksums of one archive in parts .001, .002, …, but those of other files`,
    { location: path, hint: 'Open the archive itself, not this list.' },
  );
}

function stem([first]: readonly ArchivePart[]): string {
  return PART_PATH.exec(first?.path ?? '')?.[1] ?? '';
}

export function partPath(path: string, number: number): string {
  return `${path}.${String(number).padStart(3, '0')}`;
}

/** The parts of a split archive, open. Dispose of `files`. */
export interface OpenedParts {
  readonly parts: readonly ArchivePart[];
  /** The parts as one file. */
  readonly files: Parts;
}

/**
 * Opens the parts that a checksum list names, after checking that each exists and has a possible size; no checksum is
 * verified. The parts are of one set, also when the set is replaced meanwhile or when its replacement was interrupted.
 *
 * @param sums path of the list.
 * @throws ImageError INVALID, INCOMPLETE (parts are missing), CORRUPT (a part was cut short)
 */
export async function openParts(sums: string): Promise<OpenedParts> {
  for (;;) {
    const list = await readList(sums);
    const isCurrent = async (): Promise<boolean> => {
      const { text, version, isNew } = await readList(sums);
      // Once a new list has its final name, `.new` parts may be those of the next set.
      return text === list.text && version === list.version && isNew === list.isNew;
    };
    let files: Parts | undefined;
    try {
      const parts = parseSums(list.text, list.path);
      files = await openListed(parts, list, sums);
      checkSizes(parts, files, sums);
      if (await isCurrent()) return { parts, files };
    } catch (error) {
      await files?.[Symbol.asyncDispose]();
      if (await isCurrent()) throw error;
      continue;
    }
    // The set was replaced meanwhile: some of these files may be of the old one, and some of the new one.
    await files[Symbol.asyncDispose]();
  }
}

interface List {
  readonly path: string;
  readonly text: string;
  /** Another one for each list that was written, also if its text was there before; a rename leaves it. */
  readonly version: string;
  readonly isNew: boolean;
}

async function readList(sums: string): Promise<List> {
  for (const path of [sums + NEW_SUFFIX, sums]) {
    const info = await statIfExists(path);
    const bytes = await readUpTo(path, MAX_SUMS_BYTES);
    const version = `${info?.ino} ${info?.mtimeMs}`;
    if (bytes) return { path, text: bytes.toString(), version, isNew: path !== sums };
  }
  return { path: sums, text: '', version: '', isNew: false };
}

async function openListed(
  parts: readonly ArchivePart[],
  { isNew }: List,
  sums: string,
): Promise<Parts> {
  const files: FileHandle[] = [];
  const missing: string[] = [];
  try {
    for (const { path } of parts) {
      const file = await openPart(path, isNew);
      if (file) files.push(file);
      else missing.push(basename(path));
    }
    if (missing.length > 0)
      throw new ImageError(
        'INCOMPLETE',
        `${sums}: ${missing.length} of ${parts.length} parts are missing: ${shortList(missing)}`,
        { location: sums, hint: 'Copy the missing parts into the folder of this list.' },
      );
    return await Parts.of(files);
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

async function openPart(path: string, isNew: boolean): Promise<FileHandle | undefined> {
  const file = isNew ? await ignoreMissing(() => open(path + NEW_SUFFIX, 'r')) : undefined;
  return file ?? ignoreMissing(() => open(path, 'r'));
}

function checkSizes(parts: readonly ArchivePart[], { sizes }: Parts, sums: string): void {
  const [first = 0] = sizes;
  for (const [at, size] of sizes.entries()) {
    const isLast = at === sizes.length - 1;
    if (isLast ? size <= first : size === first) continue;
    throw new ImageError(
      'CORRUPT',
      `${parts[at]?.path ?? sums}: ${size} bytes, ${isLast ? 'more than' : 'not'} the ${first} of the first part`,
      { location: sums, hint: 'Fetch this part again.' },
    );
  }
}

/**
 * The checksum list of a split archive: `path` itself, or `<path>.sha256` where `path` does not exist; else undefined.
 * {@link openParts} takes it; while a set is written for the first time, only the list of the new set exists.
 */
export async function findSums(path: string): Promise<string | undefined> {
  if (path.endsWith(SUMS_SUFFIX + NEW_SUFFIX)) return path.slice(0, -NEW_SUFFIX.length);
  const info = await statIfExists(path);
  if (!info) {
    const sums = path.endsWith(SUMS_SUFFIX) ? path : path + SUMS_SUFFIX;
    const isListed = (await statIfExists(sums)) ?? (await statIfExists(sums + NEW_SUFFIX));
    return isListed && sums;
  }
  if (!info.isFile() || info.size > MAX_SUMS_BYTES) return undefined;
  return SUMS_LINE.test((await readFile(path, 'utf8')).split('\n', 1)[0] ?? '') ? path : undefined;
}

/** Whether parts of an archive are at `path` (or beside its list, at that path) without their list. */
export async function lacksList(path: string): Promise<boolean> {
  const whole = path.endsWith(SUMS_SUFFIX) ? path.slice(0, -SUMS_SUFFIX.length) : path;
  const isThere = (await statIfExists(path)) ?? (await findSums(path));
  return isThere === undefined && (await statIfExists(partPath(whole, 1))) !== undefined;
}

/** Whether parts of an archive, or their list, are at `path`. */
export async function hasSet(path: string): Promise<boolean> {
  return (await findSums(path)) !== undefined || lacksList(path);
}

/** For the path of a single part, its number and the path of its checksum list; undefined for other paths. */
export function parsePartPath(
  path: string,
): { readonly number: number; readonly sums: string } | undefined {
  const [, whole, number] = PART_PATH.exec(path) ?? [];
  return whole === undefined ? undefined : { number: Number(number), sums: whole + SUMS_SUFFIX };
}
