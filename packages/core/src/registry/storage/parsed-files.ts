import { lstatSync, type Stats } from 'node:fs';
import { ageOf } from '../../disk/touch.js';
import { readIfExists } from '../../disk/if-there.js';
import { Recent } from '../recent.js';

/** Maximum number of files that are remembered, and maximum size of one (bytes). */
const MAX_FILES = 2000;
const MAX_FILE_BYTES = 16 * 1024;

/**
 * A file written this short a time ago (ms) is not remembered: another one that replaces it within the resolution of the
 * file system's clock could have the same time and inode.
 */
const UNSETTLED_MS = 100;

interface ParsedFile<Value> {
  readonly info: Stats;
  readonly value: Value;
}

/**
 * Reads small files that are only replaced, never changed, and remembers what was parsed of those in use. Every call looks
 * whether the file is still the same, so changes of other processes are seen at once.
 */
export class ParsedFiles<Value> {
  readonly #parse: (bytes: Buffer, path: string) => Value;
  readonly #known = new Recent<string, ParsedFile<Value>>(MAX_FILES);

  constructor(parse: (bytes: Buffer, path: string) => Value) {
    this.#parse = parse;
  }

  /** The parsed content of a file; undefined when it does not exist or is a symbolic link. @throws errors of `parse` */
  read(path: string): Value | undefined {
    // Synchronous: a round trip to the thread pool would take longer.
    const info = lstatSync(path, { throwIfNoEntry: false });
    const known = this.#known.get(path);
    if (info && known && isSame(info, known.info)) return known.value;
    this.#known.delete(path);
    const bytes = info && readIfExists(path);
    if (!bytes) return undefined;
    const value = this.#parse(bytes, path);
    if (ageOf(info) > UNSETTLED_MS && info.size <= MAX_FILE_BYTES)
      this.#known.set(path, { info, value });
    return value;
  }
}

function isSame(one: Stats, other: Stats): boolean {
  return (
    one.ino === other.ino &&
    one.size === other.size &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs
  );
}
