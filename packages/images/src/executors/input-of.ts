import { archiveOf, type Workspace } from '@stowage/core';

/**
 * The input of a verb that reads the image of a definition: the path of its archive; with a share its name, because the
 * image may be only there.
 */
export function inputOf(
  workspace: Workspace,
  { name, project }: { readonly name: string; readonly project: string },
): string {
  return workspace.settings.share ? name : archiveOf(workspace, name, project);
}
