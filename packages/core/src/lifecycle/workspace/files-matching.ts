import { slashed } from '../../disk/slashed.js';
import { ImageError } from '../../errors.js';

export interface FilesOptions {
  readonly ignore?: readonly string[];
  readonly dot?: boolean;
  /** Symbolic links too; false when omitted, so that a link never leads out of the folder. */
  readonly follow?: boolean;
}

/** Absolute paths of files below a folder, sorted; none where there is no such folder. */
export async function filesMatching(
  cwd: string,
  patterns: readonly string[],
  { ignore = [], dot = false, follow = false }: FilesOptions = {},
): Promise<string[]> {
  // Most commands look for no files at all; they need not wait for it.
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

/** Patterns that are no files stand for those that match. */
export async function expanded(inputs: readonly string[], cwd: string): Promise<string[]> {
  const all: string[] = [];
  for (const input of inputs) {
    if (!/[*?[\]{}]/.test(input)) {
      all.push(input);
      continue;
    }
    const files = await filesMatching(cwd, [slashed(input)], { follow: true });
    if (files.length === 0)
      throw new ImageError('NOT_FOUND', `${input}: expected files that match, got none`, {
        location: input,
      });
    all.push(...files);
  }
  return all;
}
