import { createHash, randomBytes, type Hash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { statIfThere } from '../disk/allocated.js';
import { syncFolder, writeAtomically, writeDurably } from '../disk/atomic-write.js';
import { inside } from '../disk/inside.js';
import { withLock } from '../disk/lock.js';
import { readUpTo } from '../disk/own-file.js';
import { ImageError, shortList } from '../errors.js';
import type { Bytes } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';

/**
 * An archive in numbered parts, `x.tar.001`, `x.tar.002`, …, which are the archive when put one after the other,
 * and `x.tar.sha256`: the checksums of the parts, as `sha256sum --check` reads them. That file is written last, so
 * where it is, the set is whole.
 */
export interface ArchivePart {
  readonly path: string;
  readonly sha256: string;
}

const SUMS_SUFFIX = '.sha256';
/** Three digits, so that a shell's `x.tar.???` has them in order. */
const MOST = 999;
/** A list is short: 999 lines of a sum and a name, in bytes. */
const SUMS_LIMIT = MOST * 400;
const PART = /^(.+)\.([0-9]{3})$/;
/** A sum and the name of a file beside the list: no path, no control characters. */
const LINE = /^([0-9a-f]{64}) [ *]([^/\\\p{Cc}]{1,255})$/u;

/** @throws ImageError INVALID */
export function parseSums(text: string, path: string): ArchivePart[] {
  const parts = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, sha256, name] = LINE.exec(line) ?? [];
      if (sha256 === undefined || name === undefined || name === '.' || name === '..')
        throw new ImageError(
          'INVALID',
          `${path}: expected lines of a SHA-256 and a file beside it, got ${JSON.stringify(line.slice(0, 200))}`,
          { location: path },
        );
      return { path: inside(dirname(path), name), sha256 };
    });
  const isSet = parts.every((part, at) => part.path === numbered(stem(parts), at + 1));
  if (parts.length === 1 || isSet) return parts;
  throw new ImageError(
    'INVALID',
    `${path}: expected the checksums of one archive in parts .001, .002, …, got those of other files`,
    { location: path, hint: 'Name the archive itself.' },
  );
}

function stem([first]: readonly ArchivePart[]): string {
  return PART.exec(first?.path ?? '')?.[1] ?? '';
}

/**
 * The parts of the set whose list this is, each there and of the right size as far as sizes can tell.
 *
 * @throws ImageError INVALID, INCOMPLETE (parts are missing), CORRUPT (a part was cut short)
 */
export async function readParts(path: string): Promise<ArchivePart[]> {
  const parts = parseSums((await readUpTo(path, SUMS_LIMIT))?.toString() ?? '', path);
  const sizes: number[] = [];
  const missing: string[] = [];
  for (const part of parts) {
    const size = (await statIfThere(part.path))?.size;
    if (size === undefined) missing.push(basename(part.path));
    else sizes.push(size);
  }
  if (missing.length > 0)
    throw new ImageError(
      'INCOMPLETE',
      `${path}: expected ${parts.length} parts beside it, got no ${shortList(missing)}`,
      { location: path, hint: 'Fetch what is missing; the parts and this list belong together.' },
    );
  const [first = 0] = sizes;
  for (const [at, size] of sizes.entries()) {
    const isLast = at === sizes.length - 1;
    if (isLast ? size <= first : size === first) continue;
    throw new ImageError(
      'CORRUPT',
      `${parts[at]?.path ?? path}: expected ${isLast ? 'at most ' : ''}${first} bytes as the first part has, got ${size}`,
      { location: path, hint: 'Fetch this part again.' },
    );
  }
  return parts;
}

/** The list of a set, when this is it or names the archive that it is of. */
export async function sumsOf(path: string): Promise<string | undefined> {
  const info = await statIfThere(path);
  if (!info) return (await statIfThere(path + SUMS_SUFFIX)) ? path + SUMS_SUFFIX : undefined;
  if (!info.isFile() || info.size > SUMS_LIMIT) return undefined;
  return LINE.test((await readFile(path, 'utf8')).split('\n', 1)[0] ?? '') ? path : undefined;
}

/** Said of a part that was named alone: which list to name. */
export function partOf(
  path: string,
): { readonly number: number; readonly sums: string } | undefined {
  const [, whole, number] = PART.exec(path) ?? [];
  return whole === undefined ? undefined : { number: Number(number), sums: whole + SUMS_SUFFIX };
}

/**
 * Writes a stream as a set of parts of `size` bytes. Either all of the set is there under its names when this
 * returns, or what was there before still is.
 *
 * @throws ImageError NO_SPACE, USAGE (more than 999 parts); whatever `content` throws
 */
export async function writeParts(path: string, content: Bytes, size: number): Promise<void> {
  const written: Written[] = [];
  const portions = new Portions(content);
  const ours = randomBytes(6).toString('hex');
  try {
    while (await portions.hasMore()) {
      if (written.length === MOST)
        throw new ImageError(
          'USAGE',
          `${path}: expected at most ${MOST} parts of ${size} bytes, got more`,
          {
            hint: 'Choose a larger --split.',
          },
        );
      const part = numbered(path, written.length + 1);
      const hash = createHash('sha256');
      const partial = `${part}.${ours}.partial`;
      written.push({ partial, path: part, hash });
      await writeDurably(
        partial,
        tap(portions.take(size), (chunk) => hash.update(chunk)),
      );
    }
    await withLock(`${path}.lock`, () => replace(path, written));
  } catch (error) {
    for (const { partial } of written) await rm(partial, { force: true });
    throw error;
  } finally {
    await portions[Symbol.asyncDispose]();
  }
}

interface Written {
  readonly partial: string;
  readonly path: string;
  readonly hash: Hash;
}

/** Between the removal of the old list and the new one there is no set, rather than a mixed one. */
async function replace(path: string, written: readonly Written[]): Promise<void> {
  await rm(path + SUMS_SUFFIX, { force: true });
  for (const each of written) await rename(each.partial, each.path);
  for (let number = written.length + 1; number <= MOST; number++) {
    const old = numbered(path, number);
    if (!(await statIfThere(old))) break;
    await rm(old);
  }
  await syncFolder(dirname(path));
  const sums = written.map((each) => `${each.hash.digest('hex')}  ${basename(each.path)}\n`);
  await writeAtomically(path + SUMS_SUFFIX, [Buffer.from(sums.join(''))]);
}

function numbered(path: string, number: number): string {
  return `${path}.${String(number).padStart(3, '0')}`;
}

/** Hands a stream out in portions. */
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
