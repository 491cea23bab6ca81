import { decodeName } from '../../disk/byte-names.js';
import { runProgram } from '../../engine/program.js';
import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import { readAll } from '../../transfer/verified.js';

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

/** Limit for the list of git's files, in bytes: some million paths. */
const MAX_LISTING_BYTES = 256 * 1024 * 1024;
/** `git ls-files --stage -z`: mode, object name and stage, then the path. */
const STAGED_FILE = /^100(644|755) [0-9a-f]+ 0\t(.+)$/s;

/**
 * The modes that git's index has for files below a folder, by path with forward slashes. For Windows, where files have no
 * executable bit. Empty if the folder is in no repository, or there is no git.
 */
export async function readGitModes(
  folder: string,
  { signal }: CallOptions = {},
): Promise<ReadonlyMap<string, number>> {
  // The repository's own settings must not start another program.
  const options = ['-C', folder, '-c', 'core.fsmonitor=false'];
  const listing = runProgram(
    {
      location: folder,
      command: ['git', ...options, 'ls-files', '--stage', '-z'],
      failed: (stderr) => new ImageError('NOT_FOUND', `${folder}: git: ${stderr}`),
    },
    { signal },
  );
  const modes = new Map<string, number>();
  try {
    const text = decodeName(Buffer.from(await readAll(listing, MAX_LISTING_BYTES)));
    for (const line of text.split('\0')) {
      const [, mode, path] = STAGED_FILE.exec(line) ?? [];
      if (mode !== undefined && path !== undefined) modes.set(path, parseInt(mode, 8));
    }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
  }
  return modes;
}
