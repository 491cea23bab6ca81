import { contextRoots, listContext, usedFiles } from '../build/context.js';
import { contextFolder } from './context-folder.js';
import { readDefinition } from './recipe.js';
import type { Workspace } from './workspace.js';

/**
 * The files that an image is made from, absolute: those that `copy:` names, or a Dockerfile's whole context.
 *
 * @throws ImageError NOT_FOUND, USAGE, NAMING
 */
export async function listInputs(
  workspace: Workspace,
  path: string,
  options: { readonly cwd: string },
): Promise<string[]> {
  const found = await readDefinition(workspace, path, options);
  const { definition } = found;
  const context = await contextFolder(workspace.root, found);
  const files = await listContext(context, contextRoots(definition));
  return usedFiles(definition, files, context)
    .filter(({ type }) => type !== 'directory')
    .map(({ absolute }) => absolute);
}
