import { dirname, join, relative, resolve } from 'node:path';
import { SUMS_SUFFIX } from '../../../archive/split-archive.js';
import { statIfExists } from '../../../disk/allocated.js';
import { TEMPORARY_FILE } from '../../../disk/leftover-files.js';
import { toSlashes } from '../../../disk/paths/slashed.js';
import { ImageError } from '../../../errors.js';
import { isPattern } from '../../../location-form.js';
import { INDEX_FILE, LAYOUT_FILE } from '../../../oci/layout.js';
import { filesMatching } from '../files-matching.js';

/** Names of archives, and of the checksum lists of archives in parts. */
const ARCHIVE_NAME = /\.(?:tar(?:\.(?:gz|zst|xz|bz2))?|tgz|tzst|txz|tbz2?)(?:\.sha256)?$/;

/**
 * Replaces each glob pattern by the files and folders that match it, and each folder that is no image layout by the
 * archives, archives in parts and layouts in it, at any depth. Text that is neither stays as it is.
 *
 * @param cwd relative paths start here.
 * @throws ImageError NOT_FOUND (nothing matches a pattern, or no archive is in a folder)
 */
export async function expandInputs(inputs: readonly string[], cwd: string): Promise<string[]> {
  const all: string[] = [];
  for (const input of inputs)
    for (const each of await matching(input, cwd)) all.push(...(await archivesOf(each, cwd)));
  return all;
}

async function matching(input: string, cwd: string): Promise<readonly string[]> {
  // A file whose name has brackets is no pattern.
  if (!isPattern(input) || (await statIfExists(resolve(cwd, input)))) return [input];
  const files = await filesMatching(cwd, [toSlashes(input)], { follow: true });
  const found = withoutParts(files.filter((file) => !TEMPORARY_FILE.test(file)));
  if (found.length > 0) return found;
  throw new ImageError('NOT_FOUND', `${input}: no file matches this pattern`, { location: input });
}

async function archivesOf(input: string, cwd: string): Promise<readonly string[]> {
  const path = resolve(cwd, input);
  const isFolder = (await statIfExists(path))?.isDirectory() ?? false;
  if (!isFolder || (await isLayout(path))) return [input];
  const files = await filesMatching(path, ['**/*'], { ignore: ['**/node_modules/**'] });
  const layouts = files.filter((file) => file.endsWith(`/${LAYOUT_FILE}`)).map(dirname);
  const archives = files.filter(
    (file) => ARCHIVE_NAME.test(file) && !layouts.some((layout) => file.startsWith(`${layout}/`)),
  );
  const found = [...withoutParts(archives), ...layouts].sort();
  if (found.length > 0) return found.map((each) => join(input, relative(path, each)));
  throw new ImageError('NOT_FOUND', `${input}: no archive is in this folder`, { location: input });
}

async function isLayout(path: string): Promise<boolean> {
  const marks = [LAYOUT_FILE, INDEX_FILE].map((name) => statIfExists(join(path, name)));
  return (await Promise.all(marks)).some((info) => info !== undefined);
}

/** Archives in parts once, by the name of the archive. */
function withoutParts(files: readonly string[]): string[] {
  const sets = new Set(
    files
      .filter((file) => file.endsWith(SUMS_SUFFIX))
      .map((file) => file.slice(0, -SUMS_SUFFIX.length)),
  );
  const isPart = (file: string): boolean => sets.has(file.replace(/\.[0-9]{3}$/, ''));
  return [
    ...new Set([...files.filter((file) => !file.endsWith(SUMS_SUFFIX) && !isPart(file)), ...sets]),
  ];
}
