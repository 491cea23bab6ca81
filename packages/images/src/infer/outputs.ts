import type { Image } from './image.js';

/**
 * The outputs of the save target: the record, and the archive; with a share only the archive that the share did not take.
 */
export function outputsOf(
  { name, definition }: Image,
  { imagesFolder, isShared }: { readonly imagesFolder: string; readonly isShared: boolean },
): string[] {
  if (!definition) return [];
  const archive = `{workspaceRoot}/${imagesFolder}/${definition.project}/${name}`;
  const tar = isShared ? `{workspaceRoot}/.stowage/unshared/${name}.tar` : `${archive}.tar`;
  return [tar, `${archive}.image.json`];
}
