import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../../../errors.js';
import { ignoreMissing } from '../../../disk/if-there.js';
import type { SpaceLimit } from '../../hosted.js';
import { option, verb, wording } from '../../../wording.js';

/** Disk space is counted again after this long (ms), or this many times the duration of the last count if longer. */
const MAX_COUNT_AGE_MS = 10_000;
const MAX_COUNT_AGE_FACTOR = 20;
/** Like `MAX_COUNT_AGE_MS`, when the quota is used up: space may have been freed since. */
const MAX_COUNT_AGE_WHEN_FULL_MS = 1_000;

/** Disk space of a file or folder in addition to its blocks, in bytes: about one inode. */
const ENTRY_BYTES = 512;
const BLOCK_BYTES = 4096;

/** The account of the space that writes take. */
export interface Space {
  /** Checks that there is space left; call it before each write. @throws ImageError NO_SPACE */
  admit(): Promise<void>;
  take(bytes: number): void;
  /** Adds a file of this size (bytes). @throws ImageError NO_SPACE; then nothing is added */
  takeFile(bytes: number): void;
  /** Adds a file of this size (bytes) without a check; call {@link admit} before. */
  addFile(bytes: number): void;
  /** Adds folders without a check; call {@link admit} before. */
  addFolders(count: number): void;
  /** Takes back a file of this size (bytes) that was deleted. */
  removeFile(bytes: number): void;
}

/** Options of {@link Quota}. */
export interface QuotaOptions {
  /** Counts the bytes in use; those below the root when omitted. */
  readonly measure?: (() => Promise<number>) | undefined;
  /** The path of repositories that the limit is for, for messages; the whole registry when omitted. */
  readonly below?: string | undefined;
  /** Called with what this process adds (bytes). */
  readonly onAdd?: ((bytes: number) => void) | undefined;
}

/**
 * Limits the disk space of a registry: the blocks of every file and folder below its root, plus {@link ENTRY_BYTES} for each.
 * Writes of this process are estimated and added at once; writes and deletions of other processes are seen at the next
 * count, or when they tell them.
 */
export class Quota implements Space {
  readonly #root: string;
  #maxBytes: number;
  readonly #measure: () => Promise<number>;
  readonly #below: string | undefined;
  readonly #onAdd: ((bytes: number) => void) | undefined;
  #used = 0;
  /** Bytes added since the running count started, which may have missed them. */
  #addedSinceStart = 0;
  #countedAt = -Infinity;
  #countDuration = 0;
  #counting: Promise<void> | undefined;

  constructor(root: string, most = Infinity, { measure, below, onAdd }: QuotaOptions = {}) {
    this.#root = root;
    this.#maxBytes = most;
    this.#measure = measure ?? (() => usedBy(root));
    this.#below = below;
    this.#onAdd = onAdd;
  }

  /** The limit in bytes; infinite without one. */
  get limit(): number {
    return this.#maxBytes;
  }

  set limit(bytes: number) {
    this.#maxBytes = bytes;
  }

  /** The bytes in use, as of the last count and the writes since; counted now if that is too long ago. */
  async used(): Promise<number> {
    await this.#recount();
    return this.#used;
  }

  async admit(): Promise<void> {
    if (this.#maxBytes === Infinity) return;
    await this.#recount();
    if (this.#used >= this.#maxBytes) throw this.#noSpace();
  }

  async #recount(): Promise<void> {
    const age = performance.now() - this.#countedAt;
    const maxAge = this.#used < this.#maxBytes ? MAX_COUNT_AGE_MS : MAX_COUNT_AGE_WHEN_FULL_MS;
    if (age > Math.max(maxAge, this.#countDuration * MAX_COUNT_AGE_FACTOR))
      await (this.#counting ??= this.#count());
  }

  take(bytes: number): void {
    if (this.#used + bytes > this.#maxBytes) throw this.#noSpace();
    this.#add(bytes);
  }

  takeFile(bytes: number): void {
    this.take(this.#spaceOf(bytes));
  }

  addFile(bytes: number): void {
    this.#add(this.#spaceOf(bytes));
  }

  addFolders(count: number): void {
    if (this.#below === undefined) this.#add(count * (ENTRY_BYTES + BLOCK_BYTES));
  }

  removeFile(bytes: number): void {
    this.#add(-Math.min(this.#used, this.#spaceOf(bytes)));
  }

  /** Disk space of a file of this size; of content below a path only the size counts. */
  #spaceOf(bytes: number): number {
    if (this.#below !== undefined) return bytes;
    return ENTRY_BYTES + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }

  #add(bytes: number): void {
    this.addElsewhere(bytes);
    this.#onAdd?.(bytes);
  }

  /** Adds what another process has added. */
  addElsewhere(bytes: number): void {
    this.#used += bytes;
    this.#addedSinceStart += bytes;
  }

  #noSpace(): ImageError {
    return new ImageError(
      'NO_SPACE',
      `${this.#root}: ${this.#below ?? 'the registry'} is full: its limit is ${this.#maxBytes} bytes`,
      {
        location: this.#root,
        hint: wording`Raise ${option('maxUsed')}, or free space with ${verb('prune')}.`,
        cause: { limit: this.#maxBytes, below: this.#below } satisfies SpaceLimit,
      },
    );
  }

  async #count(): Promise<void> {
    const start = performance.now();
    this.#addedSinceStart = 0;
    try {
      this.#used = (await this.#measure()) + this.#addedSinceStart;
      this.#countedAt = performance.now();
      this.#countDuration = this.#countedAt - start;
    } finally {
      this.#counting = undefined;
    }
  }
}

/** Number of concurrent `lstat` calls. */
const LSTAT_CONCURRENCY = 64;

/** The disk space of a folder and all that is below it, in bytes; symbolic links are not followed. */
async function usedBy(folder: string): Promise<number> {
  const entries = (await ignoreMissing(() => readdir(folder, { withFileTypes: true }))) ?? [];
  let used = await spaceOf(folder);
  const files = entries.filter((entry) => !entry.isDirectory());
  for (let at = 0; at < files.length; at += LSTAT_CONCURRENCY) {
    const some = files.slice(at, at + LSTAT_CONCURRENCY);
    for (const space of await Promise.all(some.map(({ name }) => spaceOf(join(folder, name)))))
      used += space;
  }
  for (const entry of entries)
    if (entry.isDirectory()) used += await usedBy(join(folder, entry.name));
  return used;
}

async function spaceOf(path: string): Promise<number> {
  const info = await ignoreMissing(() => lstat(path));
  return info ? ENTRY_BYTES + info.blocks * 512 : 0;
}
