import { join, resolve } from 'node:path';
import { DEFINITION_FILE } from '../../definition/definition.js';
import { isBelow } from '../../disk/inside.js';
import { realPath } from '../../disk/real-path.js';
import { ImageError } from '../../errors.js';
import type { FoundDefinition } from '../workspace/definitions.js';

/**
 * Returns the absolute path of a definition's context. With links resolved, it must be in the workspace or in the folder
 * of the definition.
 *
 * @param root absolute path of the workspace.
 * @throws ImageError USAGE (a folder outside both), NOT_FOUND
 */
export async function contextFolder(
  root: string,
  { definition, folder }: Pick<FoundDefinition, 'definition' | 'folder'>,
): Promise<string> {
  const context = resolve(folder, definition.context);
  const real = await realOf(context);
  for (const each of [root, folder]) if (isBelow(await realOf(each), real)) return context;
  const path = join(folder, DEFINITION_FILE);
  throw new ImageError(
    'USAGE',
    `${path}: context: ${JSON.stringify(definition.context)} is not a folder in ${root}`,
    { location: path, hint: 'An image is made of files of its workspace.' },
  );
}

async function realOf(path: string): Promise<string> {
  const real = await realPath(path);
  if (real !== undefined) return real;
  throw new ImageError('NOT_FOUND', `${path}: the folder of the context does not exist`, {
    location: path,
  });
}
