import { basename, dirname, join } from 'node:path';
import { statIfExists } from '../../disk/allocated.js';

/**
 * Whether a folder treats names as one that differ only in case, as file systems of macOS and Windows do: its own name in
 * the other case tells. A folder that does not exist yet, or whose name has no letter, is as the folder above it.
 */
export async function ignoresCase(folder: string): Promise<boolean> {
  const parent = dirname(folder);
  if (parent === folder) return false;
  const other = join(parent, basename(folder).replace(/\p{L}/gu, inOtherCase));
  const own = await statIfExists(folder);
  if (!own || other === folder) return ignoresCase(parent);
  const found = await statIfExists(other);
  return found?.ino === own.ino && found.dev === own.dev;
}

/** Names that are equal by this key are one file where case is ignored, and Unicode's forms of a letter with it. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function inOtherCase(letter: string): string {
  const lower = letter.toLowerCase();
  return letter === lower ? letter.toUpperCase() : lower;
}
