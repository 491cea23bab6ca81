import { NEW_SUFFIX, SUMS_SUFFIX } from '../../archive/split-archive.js';
import { statIfExists } from '../../disk/allocated.js';
import { fileOfLeftover, OWN_LEFTOVER } from '../../disk/leftover-files.js';
import { IGNORED_FOLDERS } from './definition-files.js';
import { filesMatching } from './files-matching.js';
import type { Workspace } from './workspace.js';

const PATTERNS = ['**/*.partial', '**/*.[0-9][0-9][0-9].new'];

/** The depths at which the folder of archives has archives, records and the catalog. */
const COMMITS = ['*.partial', '*/*.partial'];

/**
 * Finds the temporary files of Stowage beside archives, anywhere in a workspace and in its folder of archives. A process that
 * runs may still be writing one.
 */
export async function leftoverFiles({ root, place }: Workspace): Promise<string[]> {
  const ignore = IGNORED_FOLDERS.map((name) => `**/${name}/**`);
  const beside = await filesMatching(root, PATTERNS, { ignore });
  const found = new Set([
    ...own(beside),
    ...(await filesMatching(place.folder, COMMITS, { dot: true })),
    ...own(await filesMatching(place.folder, PATTERNS, { dot: true })),
  ]);
  const left: string[] = [];
  for (const path of found) if (!(await isCommitted(path))) left.push(path);
  return left.sort();
}

function own(paths: readonly string[]): string[] {
  return paths.filter((path) => OWN_LEFTOVER.test(path));
}

/** Whether it belongs to a set of parts whose list is written: the next write of the set completes it. */
async function isCommitted(path: string): Promise<boolean> {
  if (!path.endsWith(NEW_SUFFIX)) return false;
  const list = fileOfLeftover(path) + SUMS_SUFFIX + NEW_SUFFIX;
  return (await statIfExists(list)) !== undefined;
}
