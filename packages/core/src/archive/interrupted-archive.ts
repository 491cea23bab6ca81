import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { rename, rm } from '../disk/busy/retried.js';
import { readFolder } from '../disk/if-there.js';
import { Parts } from '../disk/parts.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { blobPath } from '../oci/layout.js';
import type { Bytes, Open } from '../transfer/store.js';
import { verified } from '../transfer/verified.js';
import { NEW_SUFFIX, SUMS_SUFFIX } from './split-archive.js';
import { BLOCK } from './tar/tar-header.js';
import { indexTar, type TarEntry } from './tar/tar-index.js';

/** Suffix of the files that an interrupted write left, from which the next one continues. */
const RESUME_SUFFIX = '.resume.partial';
/** Bytes that are read at once to find the end of what was written. */
const SCAN_BYTES = 1024 * 1024;
/** More zeros (bytes) at the end of a member were not written. */
const OWN_ZEROS = 64 * 1024;
/** Names of files that may be left, by group: a single archive or parts, from the last write or from one before it. */
const LEFT = [
  /^()\.writing\.partial$/,
  /^()\.resume\.partial$/,
  /^(\.[0-9]{3})\.new$/,
  /^(\.[0-9]{3})\.resume\.partial$/,
];

/** The files that an interrupted write of an archive left; blobs in them are not fetched again. */
export class InterruptedArchive implements AsyncDisposable {
  readonly #files: Parts;
  readonly #entries: ReadonlyMap<string, TarEntry>;
  readonly #paths: readonly string[];

  private constructor(
    files: Parts,
    entries: ReadonlyMap<string, TarEntry>,
    paths: readonly string[],
  ) {
    this.#files = files;
    this.#entries = entries;
    this.#paths = paths;
  }

  /**
   * Takes what was left of an archive, the largest if several writes were interrupted; the rest is deleted. The caller holds
   * the lock of the archive.
   */
  static async take(path: string): Promise<InterruptedArchive | undefined> {
    const [largest = [], ...others] = await leftOf(path);
    for (const { file } of others.flat()) await rm(file, { force: true });
    if (largest.length === 0) return undefined;
    const kept = largest.map(({ part }) => path + part + RESUME_SUFFIX);
    for (const [at, { file }] of largest.entries()) await rename(file, kept[at] ?? file);
    const files = await Parts.open(kept);
    try {
      return new InterruptedArchive(files, await entriesOf(files), kept);
    } catch (error) {
      await files[Symbol.asyncDispose]();
      // A compressed archive, or a damaged one: nothing of it can be used.
      if (!(error instanceof ImageError)) throw error;
      for (const each of kept) await rm(each, { force: true });
      return undefined;
    }
  }

  /** Opens a blob: what was left of it, and the rest, if any, from `open`. Both throw ImageError CORRUPT. */
  open(descriptor: Descriptor, open: Open): Open {
    const { lent, moveTo } = open;
    return Object.assign(() => this.#content(descriptor, open), {
      lent: lent && (() => this.#content(descriptor, lent)),
      ...(moveTo && {
        moveTo: async (...to: Parameters<typeof moveTo>) =>
          (await this.#held(descriptor)).bytes === 0 && (await moveTo(...to)),
      }),
    });
  }

  async *#content(descriptor: Descriptor, open: (start?: number) => Bytes): Bytes {
    const { offset, bytes } = await this.#held(descriptor);
    const left = (): Bytes => this.#files.range(offset, offset + bytes);
    if (bytes === 0) yield* open();
    else if (bytes < descriptor.size) yield* verified(joined(left(), open(bytes)), descriptor);
    else if (await isIntact(left(), descriptor)) yield* left();
    else yield* open();
  }

  /** The offset of a blob in what was left, and the number of its bytes that were written. */
  async #held({ digest, size }: Descriptor) {
    const entry = this.#entries.get(blobPath(digest));
    if (entry?.type !== 'file' || entry.size !== size) return { offset: 0, bytes: 0 };
    const { offset } = entry;
    return { offset, bytes: await this.#written(offset, size) };
  }

  /**
   * How many bytes of a member were written. In parts it ends with the last file; in a single file, whose members are written
   * side by side, zeros follow. A few zeros are its own: every tar ends with some.
   */
  async #written(offset: number, size: number): Promise<number> {
    const held = Math.max(0, Math.min(size, this.#files.size - offset));
    if (held < size) return held;
    for (let end = held; end > 0; ) {
      const start = Math.max(0, end - SCAN_BYTES);
      const last = (await this.#files.read(offset + start, end - start)).findLastIndex(Boolean);
      if (last >= 0) return held - (start + last + 1) > OWN_ZEROS ? start + last + 1 : held;
      end = start;
    }
    return 0;
  }

  /** Deletes it: the archive is complete, or this was damaged. */
  async remove(): Promise<void> {
    for (const path of this.#paths) await rm(path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}

async function* joined(first: Bytes, second: Bytes): Bytes {
  yield* first;
  yield* second;
}

async function isIntact(bytes: Bytes, descriptor: Descriptor): Promise<boolean> {
  try {
    for await (const _ of verified(bytes, descriptor));
    return true;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/** The members that have begun; the last one may be cut. */
async function entriesOf(files: Parts): Promise<ReadonlyMap<string, TarEntry>> {
  const end = files.size - (files.size % BLOCK);
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    // After the last whole block the archive reads as its end: blocks of zeros.
    const bytes = new Uint8Array(length);
    if (position < end) bytes.set(await files.read(position, Math.min(length, end - position)));
    return bytes;
  };
  return indexTar(read, Number.MAX_SAFE_INTEGER);
}

interface LeftFile {
  readonly file: string;
  /** `.001` for a part; empty for a single archive. */
  readonly part: string;
  /** Bytes that were written: a single file has its full length from the beginning. */
  readonly written: number;
}

/** The groups of files that were left, the one with most content first. */
async function leftOf(path: string): Promise<LeftFile[][]> {
  const folder = dirname(path);
  const name = basename(path);
  const entries = (await readFolder(folder)).filter((entry) => entry.isFile());
  const names = entries.map((entry) => entry.name);
  // The parts of a set whose list is written are no leftover: the replacement is completed.
  const isCommitted = names.includes(name + SUMS_SUFFIX + NEW_SUFFIX);
  const groups: LeftFile[][] = [];
  for (const pattern of LEFT) {
    const group: LeftFile[] = [];
    for (const each of names.sort()) {
      const part = each.startsWith(name) ? pattern.exec(each.slice(name.length))?.[1] : undefined;
      if (part === undefined || (isCommitted && each.endsWith(NEW_SUFFIX))) continue;
      const file = join(folder, each);
      group.push({ file, part, written: (await stat(file)).blocks * 512 });
    }
    if (group.length > 0) groups.push(group);
  }
  const bytes = (group: readonly LeftFile[]): number =>
    group.reduce((sum, { written }) => sum + written, 0);
  return groups.sort((a, b) => bytes(b) - bytes(a));
}
