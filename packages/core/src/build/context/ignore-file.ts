import { inside } from '../../disk/paths/inside.js';
import { readUpTo } from '../../disk/paths/own-file.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import { ImageError, withPath } from '../../errors.js';
import { parseIgnoreRules, type IgnoreRules } from './ignore-rules.js';

/** Name of the file with the rules of a context; `<path of the Dockerfile>.dockerignore` wins over it. */
export const IGNORE_FILE = '.dockerignore';
/** Maximum size in bytes, well above any file written by hand. */
const MAX_IGNORE_BYTES = 1024 * 1024;

/**
 * Reads the rules that say which files of a context are left out: those beside the Dockerfile, else those of the context.
 *
 * @param dockerfile path in the context; undefined if the image is made without an own Dockerfile.
 * @throws ImageError INVALID (a pattern; a link out of the context), TOO_LARGE, USAGE (a Dockerfile outside the context)
 */
export async function readIgnoreRules(
  folder: string,
  dockerfile: string | undefined,
): Promise<IgnoreRules> {
  const paths = dockerfile === undefined ? [] : [`${dockerfile}${IGNORE_FILE}`];
  for (const each of [...paths, IGNORE_FILE]) {
    const path = inside(folder, each);
    await requireFolderBelow(folder, path);
    const bytes = await readUpTo(path, MAX_IGNORE_BYTES);
    if (bytes) return parseAt(path, bytes.toString());
  }
  return parseIgnoreRules('');
}

function parseAt(path: string, text: string): IgnoreRules {
  try {
    return parseIgnoreRules(text);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw withPath(error, path);
  }
}

/** The text of rules that leave out exactly these paths, also for builders that compile them to regular expressions. */
export function formatIgnoreRules(paths: readonly string[]): string {
  return paths.map((path) => `${path.replaceAll(/[!-,:-@[-^`{-~]/g, '\\$&')}\n`).join('');
}
