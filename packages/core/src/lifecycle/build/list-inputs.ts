import { contextRoots, listContext, selectUsedFiles } from '../../build/context/context.js';
import { contextFolder } from './context-folder.js';
import { listContexts } from './list-contexts.js';
import { secretFiles } from './recipe.js';
import { readDefinition, type DefinitionOptions } from '../workspace/definitions.js';
import type { Workspace } from '../workspace/workspace.js';

/**
 * Lists the files that an image is made from, as absolute paths: those of `copy:`, or the whole contexts for a Dockerfile.
 *
 * @throws ImageError NOT_FOUND, USAGE, NAMING
 */
export async function listInputs(
  workspace: Workspace,
  path: string,
  options: DefinitionOptions,
): Promise<string[]> {
  const found = await readDefinition(workspace, path, options);
  const { definition } = found;
  const context = await contextFolder(workspace.root, found);
  const files = await listContext(context, contextRoots(definition), {
    dockerfile: definition.dockerfile,
    secretFiles: secretFiles(found),
  });
  const contexts = await listContexts(workspace.root, found, { secretFiles: secretFiles(found) });
  const further = [...contexts.values()].flat();
  return [...selectUsedFiles(definition, files, context), ...further]
    .filter(({ type }) => type !== 'directory')
    .map(({ absolute }) => absolute);
}
