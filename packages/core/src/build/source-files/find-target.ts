import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import { decodeName, systemPath } from '../../disk/byte-names.js';
import { ignoreMissing } from '../../disk/if-there.js';
import { requireFolderBelow } from '../../disk/own-folder.js';
import { toSlashes } from '../../disk/slashed.js';

/** The path in the context to which a link leads; undefined if nothing is there. @throws ImageError INVALID */
export async function findTarget(folder: string, link: string): Promise<string | undefined> {
  const real = await ignoreMissing(() => realpath(systemPath(link), { encoding: 'buffer' }));
  if (!real) return undefined;
  await requireFolderBelow(folder, link);
  return toSlashes(relative(await realpath(folder), decodeName(real)));
}
