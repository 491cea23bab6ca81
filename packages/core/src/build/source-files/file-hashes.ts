import { writeAtomically } from '../../disk/atomic-write.js';
import { readOwn } from '../../disk/paths/own-file.js';
import { settledBefore, touchFile } from '../../disk/touch.js';
import { ImageError } from '../../errors.js';
import { digestOf } from '../../oci/digest.js';
import type { ContextFile } from './context-file.js';

export interface FileHashesOptions {
  /** The file that keeps the hashes. */
  readonly path: string;
  /** The folder of the context, absolute. */
  readonly context: string;
}

/** The same place in each column is about the same file. */
interface Columns {
  /** Hashes of paths. */
  readonly keys: Int32Array;
  /** For each file its size, inode, and the times when content and inode changed. */
  readonly stats: Float64Array;
  /** SHA-256 of contents. */
  readonly sums: Buffer;
}

/** Increase when the form of the file changes; an older one is made anew. */
const VERSION = 1;
const STATS = 4;
const SUM_BYTES = 32;
const FILE_BYTES =
  Int32Array.BYTES_PER_ELEMENT + STATS * Float64Array.BYTES_PER_ELEMENT + SUM_BYTES;
/** A larger file is not kept (bytes): far above that of any usual context, and below what is read as one file. */
const MAX_BYTES = 60 * 1024 * 1024;
/** Work above which hashes are kept: bytes read, and for each file as many as are read while one is opened. */
const LEAST_WORK = 4 * 1024 * 1024;
const WORK_PER_FILE = 16 * 1024;

/**
 * Hashes of the files of a context, kept for the next build: a file with the same path, size, inode and times has the same
 * content. As in git's index, a file that changed shortly before it was hashed is not kept, because a later change may have
 * the same times. A kept file that is damaged counts as empty; of two processes that write it, the last one wins.
 */
export class FileHashes {
  readonly #options: FileHashesOptions;
  readonly #kept: Columns;
  readonly #places: ReadonlyMap<number, number>;
  /** Files that changed before this time (ms) are kept. */
  readonly #settled = settledBefore();
  readonly #used: ContextFile[] = [];
  #sums = Buffer.alloc(0);
  #work = 0;

  private constructor(options: FileHashesOptions, kept: Columns) {
    this.#options = options;
    this.#kept = kept;
    this.#places = new Map([...kept.keys].map((key, at) => [key, at]));
  }

  /** Opens the file; without one, no hash is known. */
  static async open(options: FileHashesOptions): Promise<FileHashes> {
    return new FileHashes(options, await readColumns(options.path));
  }

  /** The SHA-256 (hex) of a file that has not changed since it was hashed; undefined for any other. */
  find(file: ContextFile): string | undefined {
    const place = this.#places.get(this.#key(file));
    if (place === undefined) return undefined;
    const { stats, sums } = this.#kept;
    const first = place * STATS;
    const isSame =
      file.size === stats[first] &&
      file.ino === stats[first + 1] &&
      file.mtimeMs === stats[first + 2] &&
      file.ctimeMs === stats[first + 3];
    if (!isSame) return undefined;
    const [start, end] = [place * SUM_BYTES, (place + 1) * SUM_BYTES];
    const at = this.#use(file);
    sums.copy(this.#sums, at, start, end);
    return sums.toString('hex', start, end);
  }

  /** Adds the SHA-256 (hex) of a file that was read after this was opened. */
  add(file: ContextFile, sum: string): void {
    this.#work += file.size + WORK_PER_FILE;
    if (Math.max(file.mtimeMs, file.ctimeMs) >= this.#settled) return;
    const at = this.#use(file);
    this.#sums.write(sum, at, 'hex');
  }

  /** Keeps the hashes that were found and added, and no others. If few were added, the file only gets the time of its use. */
  async keep(): Promise<void> {
    const { path } = this.#options;
    const kept =
      this.#work >= LEAST_WORK
        ? writeColumns(path, this.#columns())
        : this.#places.size > 0
          ? touchFile(path)
          : undefined;
    // On a read-only or a full disk the files are hashed again.
    await kept?.catch(() => undefined);
  }

  /** @returns the place in `#sums` for its hash */
  #use(file: ContextFile): number {
    const at = SUM_BYTES * (this.#used.push(file) - 1);
    if (at === this.#sums.byteLength)
      this.#sums = Buffer.concat([this.#sums], Math.max(2 * at, 1024 * SUM_BYTES));
    return at;
  }

  #columns(): Columns {
    const keys = Int32Array.from(this.#used, (file) => this.#key(file));
    const stats = new Float64Array(STATS * keys.length);
    for (const [at, { size, ino, mtimeMs, ctimeMs }] of this.#used.entries())
      stats.set([size, ino, mtimeMs, ctimeMs], at * STATS);
    return { keys, stats, sums: this.#sums.subarray(0, SUM_BYTES * keys.length) };
  }

  /** A hash of the path without that of the context (FNV-1a). Of two files with one hash, only the last is found. */
  #key({ absolute }: ContextFile): number {
    let key = 0x811c9dc5;
    for (let at = this.#options.context.length; at < absolute.length; at++)
      key = Math.imul(key ^ absolute.charCodeAt(at), 0x01000193);
    return key | 0;
  }
}

/** The first line of the file: its version, and the digest of the rest. */
function headOf(body: Uint8Array): Buffer {
  return Buffer.from(`${JSON.stringify({ version: VERSION, digest: digestOf(body) })}\n`);
}

async function writeColumns(path: string, { keys, stats, sums }: Columns): Promise<void> {
  const body = Buffer.concat([stats, keys].map(({ buffer }) => Buffer.from(buffer)).concat(sums));
  if (body.byteLength <= MAX_BYTES) await writeAtomically(path, [headOf(body), body]);
}

/** The columns of a file: none if there is no file, or it is damaged. */
async function readColumns(path: string): Promise<Columns> {
  const bytes = (await readOwn(path).catch(ignoreImageError)) ?? Buffer.of();
  const body = bytes.subarray(bytes.indexOf('\n') + 1);
  const isWhole = bytes.subarray(0, -body.byteLength).equals(headOf(body));
  const count = isWhole ? Math.floor(body.byteLength / FILE_BYTES) : 0;
  // A copy begins where numbers may begin.
  const { buffer } = Uint8Array.from(body);
  const stats = new Float64Array(buffer, 0, STATS * count);
  const keys = new Int32Array(buffer, stats.byteLength, count);
  const sums = Buffer.from(buffer, stats.byteLength + keys.byteLength, SUM_BYTES * count);
  return { keys, stats, sums };
}

function ignoreImageError(error: unknown): undefined {
  if (!(error instanceof ImageError)) throw error;
}
