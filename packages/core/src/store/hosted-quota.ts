import { join } from 'node:path';
import { statIfThere } from '../disk/allocated.js';
import { ImageError } from '../errors.js';
import { linkFolder, quarantineFolder } from './hosted-paths.js';
import { repositoriesIn } from './hosted-repositories.js';
import { namesIn } from './links.js';
import { blobFolder, partialFolder } from './paths.js';

/** How old a count may be (ms), and how many times longer than it took. */
const FRESH = 10_000;
const RARE = 20;
/** The same where the quota is used up: space may have been freed just now. */
const FRESH_WHEN_FULL = 1_000;

/**
 * How much a registry may keep, in bytes of content, and how much it does. What this process writes is counted as it
 * comes; what others write or delete, at the next count.
 */
export class Quota {
  readonly #root: string;
  readonly #most: number;
  #used = 0;
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

  /** So much more is there. @throws ImageError NO_SPACE */
  take(bytes: number): void {
    this.#used += bytes;
    if (this.#used > this.#most) throw this.#full();
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
    try {
      this.#used = await usedBy(this.#root);
      this.#countedAt = performance.now();
      this.#took = this.#countedAt - start;
    } finally {
      this.#counting = undefined;
    }
  }
}

async function usedBy(root: string): Promise<number> {
  const folders = [
    ...['sha256', 'sha512'].map((algorithm) => blobFolder(root, algorithm)),
    partialFolder(root),
    quarantineFolder(root),
    ...(await repositoriesIn(root)).flatMap(({ name, has }) =>
      has.includes('_uploads') ? [linkFolder(root, name, '_uploads')] : [],
    ),
  ];
  let used = 0;
  for (const folder of folders)
    for (const name of await namesIn(folder))
      used += (await statIfThere(join(folder, name)))?.size ?? 0;
  return used;
}
