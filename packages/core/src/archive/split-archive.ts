import { createHash, randomBytes, type Hash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { syncFolder, writeAtomically, writeDurably } from '../disk/atomic-write.js';
import { inside } from '../disk/inside.js';
import { withLock } from '../disk/lock.js';
import { readUpTo } from '../disk/own-file.js';
import { ImageError, shortList } from '../errors.js';
import type { Bytes } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';
import { option, wording } from '../wording.js';

/**
 * One part of a split archive: `x.tar.001`, `x.tar.002`, … concatenated are the archive, and `x.tar.sha256` lists the
 * checksums of the parts, as `sha256sum --check` reads them. The list is written last, so where it exists, the set is
 * complete.
 */
export interface ArchivePart {
  readonly path: string;
  readonly sha256: string;
}

const SUMS_SUFFIX = '.sha256';
/** Part numbers have three digits, so that a shell expands `x.tar.???` in order. */
const MAX_PARTS = 999;
/** Size of a list of 999 lines, each a checksum and a file name. */
const MAX_SUMS_BYTES = MAX_PARTS * 400;
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
          `${path}: expected lines of a SHA-256 and a file name, got ${JSON.stringify(line.slice(0, 200))}`,
          { location: path },
        );
      return { path: inside(dirname(path), name), sha256 };
    });
  const isSet = parts.every((part, at) => part.path === partPath(stem(parts), at + 1));
  if (parts.length === 1 || isSet) return parts;
  throw new ImageError(
    'INVALID',
    `${path}: expected the checksums of one archive in parts .001, .002, …, got those of other files`,
    { location: path, hint: 'Open the archive itself, not this list.' },
  );
}

function stem([first]: readonly ArchivePart[]): string {
  return PART_PATH.exec(first?.path ?? '')?.[1] ?? '';
}

/**
 * The parts that a checksum list names, after checking that each exists and has a possible size; no checksum is
 * verified.
 *
 * @throws ImageError INVALID, INCOMPLETE (parts are missing), CORRUPT (a part was cut short)
 */
export async function readParts(path: string): Promise<ArchivePart[]> {
  const parts = parseSums((await readUpTo(path, MAX_SUMS_BYTES))?.toString() ?? '', path);
  const sizes: number[] = [];
  const missing: string[] = [];
  for (const part of parts) {
    const size = (await statIfExists(part.path))?.size;
    if (size === undefined) missing.push(basename(part.path));
    else sizes.push(size);
  }
  if (missing.length > 0)
    throw new ImageError(
      'INCOMPLETE',
      `${path}: expected ${parts.length} parts beside it, got no ${shortList(missing)}`,
      { location: path, hint: 'Copy the missing parts into the folder of this list.' },
    );
  const [first = 0] = sizes;
  for (const [at, size] of sizes.entries()) {
    const isLast = at === sizes.length - 1;
    if (isLast ? size <= first : size === first) continue;
    throw new ImageError(
      'CORRUPT',
      `${parts[at]?.path ?? path}: expected ${isLast ? 'at most ' : ''}${first} bytes, the size of the first part, got ${size}`,
      { location: path, hint: 'Fetch this part again.' },
    );
  }
  return parts;
}

/**
 * The checksum list of a split archive: `path` itself, or `<path>.sha256` where `path` does not exist; else undefined.
 */
export async function findSums(path: string): Promise<string | undefined> {
  const info = await statIfExists(path);
  if (!info) return (await statIfExists(path + SUMS_SUFFIX)) ? path + SUMS_SUFFIX : undefined;
  if (!info.isFile() || info.size > MAX_SUMS_BYTES) return undefined;
  return SUMS_LINE.test((await readFile(path, 'utf8')).split('\n', 1)[0] ?? '') ? path : undefined;
}

/** For the path of a single part, its number and the path of its checksum list; undefined for other paths. */
export function parsePartPath(
  path: string,
): { readonly number: number; readonly sums: string } | undefined {
  const [, whole, number] = PART_PATH.exec(path) ?? [];
  return whole === undefined ? undefined : { number: Number(number), sums: whole + SUMS_SUFFIX };
}

/**
 * Writes a stream as a set of parts of `size` bytes. If writing fails, an existing set stays unchanged; a failure while
 * the parts are renamed leaves no checksum list.
 *
 * @throws ImageError NO_SPACE, USAGE (more than 999 parts); whatever `content` throws
 */
export async function writeParts(path: string, content: Bytes, size: number): Promise<void> {
  const written: WrittenPart[] = [];
  const portions = new Portions(content);
  const suffix = randomBytes(6).toString('hex');
  try {
    while (await portions.hasMore()) {
      if (written.length === MAX_PARTS)
        throw new ImageError(
          'USAGE',
          `${path}: expected at most ${MAX_PARTS} parts of ${size} bytes, got more`,
          {
            hint: wording`Choose a larger size for ${option('split')}.`,
          },
        );
      const part = partPath(path, written.length + 1);
      const hash = createHash('sha256');
      const partial = `${part}.${suffix}.partial`;
      written.push({ partial, path: part, hash });
      await writeDurably(
        partial,
        tap(portions.take(size), (chunk) => hash.update(chunk)),
      );
    }
    await withLock(`${path}.lock`, () => replaceParts(path, written));
  } catch (error) {
    for (const { partial } of written) await rm(partial, { force: true });
    throw error;
  } finally {
    await portions[Symbol.asyncDispose]();
  }
}

interface WrittenPart {
  readonly partial: string;
  readonly path: string;
  readonly hash: Hash;
}

/** The old list is removed first: a crash leaves no list, never one that mixes old and new parts. */
async function replaceParts(path: string, written: readonly WrittenPart[]): Promise<void> {
  await rm(path + SUMS_SUFFIX, { force: true });
  for (const each of written) await rename(each.partial, each.path);
  for (let number = written.length + 1; number <= MAX_PARTS; number++) {
    const old = partPath(path, number);
    if (!(await statIfExists(old))) break;
    await rm(old);
  }
  await syncFolder(dirname(path));
  const sums = written.map((each) => `${each.hash.digest('hex')}  ${basename(each.path)}\n`);
  await writeAtomically(path + SUMS_SUFFIX, [Buffer.from(sums.join(''))]);
}

function partPath(path: string, number: number): string {
  return `${path}.${String(number).padStart(3, '0')}`;
}

/** Splits a stream into streams of a given size. */
class Portions implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(bytes: Bytes) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#rest = next.value;
    }
    return true;
  }

  async *take(size: number): Bytes {
    for (let room = size; room > 0 && (await this.hasMore()); ) {
      const chunk = this.#rest.subarray(0, room);
      this.#rest = this.#rest.subarray(chunk.byteLength);
      room -= chunk.byteLength;
      yield chunk;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}
