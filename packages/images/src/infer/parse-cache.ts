import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isObject, readJsonObject, type JsonObject } from './json.js';

/** The value of a parsed file, with the hash of its text; null if the text is invalid. */
interface Parsed {
  readonly hash: string;
  readonly value: unknown;
}

/** Caches of this process, by the root of the workspace. */
const opened = new Map<string, ParseCache>();

/** The cache of a workspace. It reads what an earlier process kept. */
export function parseCacheOf(workspaceRoot: string): ParseCache {
  const known = opened.get(workspaceRoot);
  if (known) return known;
  const cache = new ParseCache(workspaceRoot);
  opened.set(workspaceRoot, cache);
  return cache;
}

/**
 * The values of parsed YAML files by path: an unchanged file is parsed once. They are kept in the folder where Nx keeps such data,
 * because every nx command without a daemon is a new process, and loading the parser takes longer than reading the files.
 */
export class ParseCache {
  readonly #workspaceRoot: string;
  readonly #path: string;
  readonly #entries: Map<string, Parsed>;
  #isChanged = false;

  constructor(workspaceRoot: string) {
    this.#workspaceRoot = workspaceRoot;
    const { NX_WORKSPACE_DATA_DIRECTORY: folder } = process.env;
    this.#path = resolve(workspaceRoot, folder ?? '.nx/workspace-data', 'stowage-parsed.json');
    const kept = isWanted() ? readJsonFile(this.#path) : undefined;
    const { version, files } = kept ?? {};
    const entries = version === VERSION && isObject(files) ? Object.entries(files) : [];
    this.#entries = new Map(
      entries.filter((entry): entry is [string, Parsed] => isParsed(entry[1])),
    );
  }

  /**
   * Parses a text, unless the result is known.
   *
   * @param file relative to the workspace
   * @param parse returns what JSON can hold, or throws
   * @returns undefined if the text is invalid
   */
  parse<T extends object>(file: string, text: string, parse: () => T): T | undefined {
    const hash = createHash('sha256').update(text).digest('hex');
    const known = this.#entries.get(file);
    if (known?.hash === hash) return (known.value ?? undefined) as T | undefined;
    const value = valueOf(parse);
    this.#entries.set(file, { hash, value: value ?? null });
    this.#isChanged = true;
    return value;
  }

  /** Keeps the results for the next process. A failure only costs time. */
  save(): void {
    if (!this.#isChanged || !isWanted()) return;
    this.#isChanged = false;
    const there = [...this.#entries].filter(([file]) =>
      existsSync(join(this.#workspaceRoot, file)),
    );
    const partial = `${this.#path}.${randomUUID()}`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      try {
        const files = Object.fromEntries(there);
        writeFileSync(partial, JSON.stringify({ version: VERSION, files }), { flag: 'wx' });
        renameSync(partial, this.#path);
      } finally {
        rmSync(partial, { force: true });
      }
    } catch {
      // The next process parses the files again.
    }
  }
}

/** Another version of the plugin may parse to something else. */
const VERSION = readJsonObject(join(import.meta.dirname, '../../package.json'))?.['version'];

/** Nx keeps no data of the graph either if this is set. */
function isWanted(): boolean {
  return process.env['NX_CACHE_PROJECT_GRAPH'] !== 'false';
}

function readJsonFile(path: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isParsed(value: unknown): value is Parsed {
  return isObject(value) && typeof value['hash'] === 'string' && typeof value['value'] === 'object';
}

function valueOf<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    // The executor reads the file again, and reports the error.
    return undefined;
  }
}
