import type { ExecutorContext } from '@nx/devkit';
import {
  readDefinition,
  refuseNamesakes,
  type FoundDefinition,
  type Workspace,
} from '@stowage/core';
import type { Call } from './run.js';

/**
 * Reads the definition of a task. A project is called like its image unless several definitions have that name; then
 * each of them is refused.
 *
 * @throws ImageError like `readDefinition`; NAMING (several definitions of its name)
 */
export async function ownDefinition(
  workspace: Workspace,
  path: string,
  call: Call,
  { projectName, projectGraph }: ExecutorContext,
): Promise<FoundDefinition> {
  const found = await readDefinition(workspace, path, call);
  const { tags = [] } = projectGraph.nodes[projectName ?? '']?.data ?? {};
  const isOwn = projectName === found.definition.name || !tags.includes('image');
  if (!isOwn) await refuseNamesakes(workspace, [found]);
  return found;
}
