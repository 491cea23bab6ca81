import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../errors.js';

/** Another process may delete an empty folder before the next one is created in it. */
const MAX_TRIES = 10;

/**
 * Creates a folder and those above it. `mkdir` of Node.js with `recursive` never ends below a folder that exists, but
 * answers ENOENT to the creation of another one, as `/proc` does.
 *
 * @returns the topmost folder that was created; undefined if all of them existed
 */
export async function makeFolders(path: string, mode = 0o777): Promise<string | undefined> {
  let first: string | undefined;
  for (let tries = 1; ; tries++) {
    // Most folders exist. Those of a read-only file system may be reported as EROFS by mkdir.
    if (isFolder(path)) return first;
    try {
      await mkdir(path, { mode });
      return first ?? path;
    } catch (error) {
      if (isFolder(path)) return first;
      const isMissing = systemCode(error) === 'ENOENT' && dirname(path) !== path;
      if (!isMissing || tries === MAX_TRIES) throw error;
      first = (await makeFolders(dirname(path), mode)) ?? first;
    }
  }
}

/** Synchronous: a round trip to the thread pool would take longer. */
function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
