import { constants } from 'node:fs';
import type { CallOptions } from '../../transfer/store.js';
import { gitFiles } from './git-files.js';

const { S_IFMT, S_IFREG } = constants;

/** Git's mode of a file: 0755 if its owner may run it, else 0644. The umask of a machine does not change it. */
export function modeOf(mode: number): number {
  return mode & 0o100 ? 0o755 : 0o644;
}

/**
 * Whether git's mode is another than the author of a file may expect: set-user-ID, set-group-ID and sticky bit are lost, and
 * a file that only some may read, or nobody may write, is as open as any other. A umask alone can be the cause of the latter.
 */
export function isModeLost(mode: number): boolean {
  return (mode & 0o7000) !== 0 || (mode & 0o004) === 0 || (mode & 0o200) === 0;
}

/**
 * The modes that git's index has for files below a folder, by path with forward slashes. For Windows, where files have no
 * executable bit. Empty if the folder is in no repository, or there is no git.
 */
export async function readGitModes(
  folder: string,
  options: CallOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const files = (await gitFiles(folder, options)) ?? [];
  return new Map(
    files
      .filter(({ mode, stage }) => (mode & S_IFMT) === S_IFREG && stage === 0)
      .map(({ path, mode }) => [path, mode & 0o777]),
  );
}
