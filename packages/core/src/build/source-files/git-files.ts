import { decodeName } from '../../disk/paths/byte-names.js';
import { runProgram } from '../../engine/program.js';
import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import { readAll } from '../../transfer/verified.js';

/** A file or link that git's index has. */
export interface GitFile {
  /** Type and permissions: 0o100644, 0o100755, or 0o120000 for a link. */
  readonly mode: number;
  /** 0; of a file with a conflict 1 to 3. */
  readonly stage: number;
  /** Relative to the folder that was listed, with forward slashes. */
  readonly path: string;
}

/** Limit for the list of git's files, in bytes: some million paths. */
const MAX_LISTING_BYTES = 256 * 1024 * 1024;
/** `git ls-files --stage -z`: mode, object name and stage, then the path. */
const STAGED_FILE = /^([0-7]{6}) [0-9a-f]+ ([0-3])\t(.+)$/s;

/** Lists what git's index has below a folder; undefined if the folder is in no repository, or there is no git. */
export async function gitFiles(
  folder: string,
  { signal }: CallOptions = {},
): Promise<readonly GitFile[] | undefined> {
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
  try {
    const text = decodeName(Buffer.from(await readAll(listing, MAX_LISTING_BYTES)));
    return text.split('\0').flatMap((line) => {
      const [, mode, stage, path] = STAGED_FILE.exec(line) ?? [];
      return mode === undefined || path === undefined
        ? []
        : [{ mode: parseInt(mode, 8), stage: Number(stage), path }];
    });
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}
