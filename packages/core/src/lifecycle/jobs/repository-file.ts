import { readFileSync, realpathSync, statSync } from 'node:fs';
import { inside, isBelow } from '../../disk/paths/inside.js';
import { DOCUMENT_LIMIT } from '../../disk/paths/own-file.js';
import { isMissing } from '../../disk/if-there.js';
import { ImageError, systemCode } from '../../errors.js';

/**
 * Returns a function that reads a file below a folder; undefined if there is none.
 *
 * @throws ImageError INVALID (a path or a link out of the folder, not a regular file), TOO_LARGE
 */
export function repositoryReader(root: string): (path: string) => string | undefined {
  return (path) => {
    try {
      const real = realpathSync.native(inside(root, path));
      const info = statSync(real);
      if (!isBelow(realpathSync.native(root), real) || !info.isFile())
        throw new ImageError('INVALID', `${path}: not a file of the workspace`, { location: real });
      if (info.size <= DOCUMENT_LIMIT) return readFileSync(real, 'utf8');
      throw new ImageError(
        'TOO_LARGE',
        `${path}: ${info.size} bytes, more than the limit of ${DOCUMENT_LIMIT}`,
        { location: real },
      );
    } catch (error) {
      if (isMissing(error) || systemCode(error) === 'ENAMETOOLONG') return undefined;
      throw error;
    }
  };
}
