import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../../errors.js';
import { unlessAbsent } from '../../disk/if-there.js';

/** How old a count may be (ms), and how many times longer than it took. */
const FRESH = 10_000;
const RARE = 20;
/** The same where the quota is used up: space may have been freed just now. */
const FRESH_WHEN_FULL = 1_000;

/** What the disk keeps of a file or a folder beside its blocks, in bytes: about an inode. */
const ENTRY = 512;
const BLOCK = 4096;

/**
 * How much disk space a registry may use, and how much it does: the blocks of every file and folder below its root,
 * and for each of them {@link ENTRY}. What this process writes is estimated as it comes; what others write or delete
 * is seen at the next count.
 */
export class Quota {
  readonly #root: string;
  readonly #most: number;
  #used = 0;
  /** Taken since the count that runs has begun: it may have missed it. */
  #since = 0;
  #countedAt = -Infinity;
  #took = 0;
  #counting: Promise<void> | undefined;

  constructor(root: string, most = Infinity) {
    this.#root = root;
    this.#most = most;
  }

  /** Before something is written. @throws ImageError NO_SPACE */
  async admit(): Promise<void> {
    if (this.#most === Infinity) return;
    const age = performance.now() - this.#countedAt;
    const fresh = this.#used < this.#most ? FRESH : FRESH_WHEN_FULL;
    if (age > Math.max(fresh, this.#took * RARE)) await (this.#counting ??= this.#count());
    if (this.#used >= this.#most) throw this.#full();
  }

  /** Content grows by so many bytes. @throws ImageError NO_SPACE */
  take(bytes: number): void {
    this.#add(bytes);
    if (this.#used > this.#most) throw this.#full();
  }

  /** A file of so many bytes is to be written. @throws ImageError NO_SPACE */
  takeFile(bytes: number): void {
    this.addFile(bytes);
    this.take(0);
  }

  /** A file of so many bytes is written, after {@link admit}. */
  addFile(bytes: number): void {
    this.#add(ENTRY + Math.ceil(bytes / BLOCK) * BLOCK);
  }

  /** Folders are made, after {@link admit}. */
  addFolders(count: number): void {
    this.#add(count * (ENTRY + BLOCK));
  }

  #add(bytes: number): void {
    this.#used += bytes;
    this.#since += bytes;
  }

  #full(): ImageError {
    return new ImageError(
      'NO_SPACE',
      `${this.#root}: expected to keep no more than ${this.#most} bytes, got more`,
      { location: this.#root, hint: 'Raise --max-used, or let stowage prune free some.' },
    );
  }

  async #count(): Promise<void> {
    const start = performance.now();
    this.#since = 0;
    try {
      this.#used = (await usedBy(this.#root)) + this.#since;
      this.#countedAt = performance.now();
      this.#took = this.#countedAt - start;
    } finally {
      this.#counting = undefined;
    }
  }
}

/** How many entries are looked at together. */
const TOGETHER = 64;

/** The disk space of a folder and all that is below it, in bytes; symbolic links are not followed. */
async function usedBy(folder: string): Promise<number> {
  const entries = (await unlessAbsent(() => readdir(folder, { withFileTypes: true }))) ?? [];
  let used = await spaceOf(folder);
  const files = entries.filter((entry) => !entry.isDirectory());
  for (let at = 0; at < files.length; at += TOGETHER) {
    const some = files.slice(at, at + TOGETHER);
    for (const space of await Promise.all(some.map(({ name }) => spaceOf(join(folder, name)))))
      used += space;
  }
  for (const entry of entries)
    if (entry.isDirectory()) used += await usedBy(join(folder, entry.name));
  return used;
}

async function spaceOf(path: string): Promise<number> {
  const info = await unlessAbsent(() => lstat(path));
  return info ? ENTRY + info.blocks * 512 : 0;
}
