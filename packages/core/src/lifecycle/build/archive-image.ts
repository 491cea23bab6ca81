import { lockPath } from '../../catalog/file.js';
import { withLock } from '../../disk/lock.js';
import { findSavedImage, saveImage, type SaveResult } from '../save/save-image.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { openRemote } from '../workspace/inputs/open-remote.js';
import { archiveOf, type Workspace } from '../workspace/workspace.js';
import type { BuildOptions } from './make-tested.js';
import { bringImage, saveDefinition } from './save-definition.js';

/**
 * Makes the archive of an image whose record is here and whose content is in the share; saves the image like
 * {@link saveDefinition} if it has no record. Does nothing if the archive is there.
 *
 * @throws ImageError like {@link saveDefinition}; CORRUPT (content of the share)
 */
export async function archiveImage(
  workspace: Workspace,
  found: FoundDefinition,
  options: BuildOptions,
): Promise<SaveResult> {
  const { name, reference, project } = found.definition;
  const target = { name, reference, path: archiveOf(workspace, name, project) };
  await bringImage(workspace, name, options);
  const remote = await openRemote(workspace, { kind: 'name', text: name });
  if (!remote)
    return (
      (await findSavedImage(workspace, target, () => true)) ??
      (await saveDefinition(workspace, found, options))
    );
  await using source = remote.source;
  const { facts, base } = remote.record;
  options.onEvent?.({ type: 'step', subject: name, text: 'fetching' });
  return await withLock(
    lockPath(workspace.place, name),
    () => saveImage(workspace, source, target, { ...options, facts, ...(base ? { base } : {}) }),
    options,
  );
}
