import { listContext, type ListOptions } from '../../build/context/context.js';
import type { ContextFile } from '../../build/source-files/context-file.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { contextFolder } from './context-folder.js';

/**
 * Lists the `build_contexts` of a definition, by name, each without what its `.dockerignore` leaves out.
 *
 * @param root absolute path of the workspace.
 * @throws ImageError like `contextFolder` and `listContext`
 */
export async function listContexts(
  root: string,
  found: Pick<FoundDefinition, 'definition' | 'folder'>,
  options: ListOptions,
): Promise<ReadonlyMap<string, readonly ContextFile[]>> {
  const contexts = new Map<string, readonly ContextFile[]>();
  for (const name of Object.keys(found.definition.buildContexts ?? {}).sort())
    contexts.set(name, await listContext(await contextFolder(root, found, name), ['.'], options));
  return contexts;
}
