import { basename, dirname, join } from 'node:path';
import { statIfExists } from '../disk/allocated.js';
import { syncFolder, writeAtomically, writeNew } from '../disk/atomic-write.js';
import { rename, rm } from '../disk/busy/retried.js';
import { ignoreMissing, readFolder } from '../disk/if-there.js';
import { readUpTo } from '../disk/paths/own-file.js';
import { ImageError } from '../errors.js';
import { option, wording } from '../wording.js';
import { hexOf } from '../oci/digest.js';
import type { Bytes } from '../transfer/store.js';
import { Meter } from '../transfer/tap.js';
import {
  MAX_PARTS,
  MAX_SUMS_BYTES,
  NEW_SUFFIX,
  parseSums,
  partPath,
  SUMS_SUFFIX,
} from './split-archive.js';

/**
 * Writes a stream as a set of parts of `size` bytes. After a failure or a crash, `openParts` reads the old set or the
 * new one, never parts of both; the next call completes or removes what was left.
 *
 * Other programs see the files by their final names, and several files cannot be renamed at once: between the first
 * rename and the last, `x.tar.???` holds parts of both sets, and `sha256sum --check x.tar.sha256` fails.
 *
 * The caller holds the lock of the archive.
 *
 * @returns the size of each part in bytes
 * @throws ImageError NO_SPACE, USAGE (more than 999 parts); whatever `content` throws
 */
export async function writeParts(path: string, content: Bytes, size: number): Promise<number[]> {
  await healParts(path);
  let written: NewParts;
  try {
    written = await writeNewParts(path, content, size);
    await commitList(path, written.sums);
  } catch (error) {
    // If this fails, too, the next call does it.
    await healParts(path).catch(() => undefined);
    throw error;
  }
  await healParts(path);
  return written.sizes;
}

interface NewParts {
  /** The content of the list. */
  readonly sums: string;
  /** The size of each part in bytes. */
  readonly sizes: number[];
}

/** Writes `x.tar.001.new`, … */
async function writeNewParts(path: string, content: Bytes, size: number): Promise<NewParts> {
  const sizes: number[] = [];
  let sums = '';
  const portions = new Portions(content);
  try {
    for (let number = 1; await portions.hasMore(); number++) {
      if (number > MAX_PARTS) throw tooManyParts(path, size);
      const part = partPath(path, number);
      const meter = new Meter();
      await writeNew(part + NEW_SUFFIX, meter.through(portions.take(size)));
      sizes.push(meter.size);
      sums += `${hexOf(meter.digest())}  ${basename(part)}\n`;
    }
    return { sums, sizes };
  } finally {
    await portions[Symbol.asyncDispose]();
  }
}

function tooManyParts(path: string, size: number): ImageError {
  return new ImageError('USAGE', `${path}: more than ${MAX_PARTS} parts of ${size} bytes`, {
    hint: wording`Choose a larger size for ${option('split')}.`,
  });
}

/** From the rename of this list on, the new set is valid. */
async function commitList(path: string, sums: string): Promise<void> {
  await syncFolder(dirname(path));
  const list = path + SUMS_SUFFIX;
  const options = { partial: list + PARTIAL_SUFFIX };
  await writeAtomically(list + NEW_SUFFIX, [Buffer.from(sums)], options);
}

/** Suffix of the list of a new set until it is complete. */
const PARTIAL_SUFFIX = '.partial';

/** Completes a committed replacement; else removes the files of one that was not committed. The caller holds the lock. */
async function healParts(path: string): Promise<void> {
  const list = path + SUMS_SUFFIX;
  const sums = await readUpTo(list + NEW_SUFFIX, MAX_SUMS_BYTES);
  if (sums) await renameParts(path, parseSums(sums.toString(), list + NEW_SUFFIX).length);
  else await removeNew(path);
}

/** The list is renamed last: until then, another call continues where this one was interrupted. */
async function renameParts(path: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const part = partPath(path, number);
    await ignoreMissing(() => rename(part + NEW_SUFFIX, part));
  }
  let last = count;
  while (await statIfExists(partPath(path, last + 1))) last++;
  // From the end, so that no gap hides parts that are left after a crash.
  for (; last > count; last--) await rm(partPath(path, last), { force: true });
  await syncFolder(dirname(path));
  await rename(path + SUMS_SUFFIX + NEW_SUFFIX, path + SUMS_SUFFIX);
  await syncFolder(dirname(path));
}

async function removeNew(path: string): Promise<void> {
  const name = basename(path);
  for (const { name: each } of await readFolder(dirname(path))) {
    const rest = each.startsWith(name) ? each.slice(name.length) : '';
    if (/^\.[0-9]{3}\.new$|^\.sha256\.partial$/.test(rest)) await rm(join(dirname(path), each));
  }
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
