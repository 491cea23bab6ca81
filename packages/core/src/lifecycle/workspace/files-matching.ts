import { toSlashes } from '../../disk/slashed.js';
import { ImageError } from '../../errors.js';
import { isPattern } from '../../location-form.js';

export interface FilesOptions {
  readonly ignore?: readonly string[];
  readonly dot?: boolean;
  /** Follow symbolic links; false when omitted, so that no file outside the folder is found. */
  readonly follow?: boolean;
}

/** Finds files below a folder: absolute paths, sorted; empty if the folder does not exist. */
export async function filesMatching(
  cwd: string,
  patterns: readonly string[],
  { ignore = [], dot = false, follow = false }: FilesOptions = {},
): Promise<string[]> {
  // Loaded on demand: most commands search no files.
  const { glob } = await import('tinyglobby');
  return (
    await glob([...patterns], {
      cwd,
      ignore: [...ignore],
      dot,
      followSymbolicLinks: follow,
      absolute: true,
    })
  ).sort();
}

/** Replaces each glob pattern by the files that match it. @throws ImageError NOT_FOUND (no file matches a pattern) */
export async function expandPatterns(inputs: readonly string[], cwd: string): Promise<string[]> {
  const all: string[] = [];
  for (const input of inputs) {
    if (!isPattern(input)) {
      all.push(input);
      continue;
    }
    const files = await filesMatching(cwd, [toSlashes(input)], { follow: true });
    if (files.length === 0)
      throw new ImageError('NOT_FOUND', `${input}: no file matches`, {
        location: input,
      });
    all.push(...files);
  }
  return all;
}
