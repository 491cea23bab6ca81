import { join, resolve } from 'node:path';
import { DEFINITION_FILE } from '../../definition/definition.js';
import { isBelow } from '../../disk/paths/inside.js';
import { realPath } from '../../disk/paths/real-path.js';
import { ImageError } from '../../errors.js';
import type { FoundDefinition } from '../workspace/definitions.js';

/**
 * Returns the absolute path of a definition's context, or of one of its `build_contexts`. With links resolved, it must be in
 * the workspace or in the folder of the definition.
 *
 * @param root absolute path of the workspace.
 * @param name that of the further context.
 * @throws ImageError USAGE (a folder outside both), NOT_FOUND
 */
export async function contextFolder(
  root: string,
  { definition, folder }: Pick<FoundDefinition, 'definition' | 'folder'>,
  name?: string,
): Promise<string> {
  const given = name === undefined ? definition.context : definition.buildContexts?.[name];
  const context = resolve(folder, given ?? '');
  const real = await realOf(context);
  for (const each of [root, folder]) if (isBelow(await realOf(each), real)) return context;
  const path = join(folder, DEFINITION_FILE);
  throw new ImageError(
    'USAGE',
    `${path}: ${name === undefined ? 'context' : `build_contexts: ${name}`}: ${JSON.stringify(given)} is not a folder in ${root}`,
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
