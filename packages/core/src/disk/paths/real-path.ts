import { realpath } from 'node:fs/promises';
import { decodeName, systemPath } from './byte-names.js';
import { ignoreMissing } from '../if-there.js';

/**
 * The absolute path with all links resolved; undefined if nothing is there. Names that are not UTF-8 are kept as
 * `decodeName` writes them: a check of the path that Node.js makes of them would be one of another path.
 */
export async function realPath(path: string): Promise<string | undefined> {
  const real = await ignoreMissing(() => realpath(systemPath(path), { encoding: 'buffer' }));
  return real && decodeName(real);
}
