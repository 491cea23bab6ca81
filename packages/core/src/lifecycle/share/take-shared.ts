import { recordPath, removeArchive, writeRecord } from '../../catalog/commit.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { ShareEntry } from '../../share/share-entry.js';
import {
  registerImage,
  type Origin,
  type SaveResult,
  type SaveTarget,
} from '../save/save-image.js';
import { holdingOf, sizeIfHolding } from '../workspace/inputs/holds-image.js';
import type { Workspace } from '../workspace/workspace.js';
import { dropUnshared } from '../../share/unshared.js';

/**
 * Takes an image of the share: its record and catalog entry are written, and no layer is fetched. What the record says
 * about names, base and software comes from the definition here. The caller holds the lock of the name.
 */
export async function takeShared(
  workspace: Workspace,
  target: SaveTarget,
  { entry, facts, base }: Origin & { readonly entry: ShareEntry },
): Promise<SaveResult> {
  const { place } = workspace;
  const { name, reference, path } = target;
  const { base: _, ...content } = entry.record;
  const record: ImageRecord = { ...content, name, reference, facts, ...(base ? { base } : {}) };
  const size = await sizeIfHolding(place, path, record);
  // An older archive stays, a damaged one of this image does not.
  if (size === undefined && (await holdingOf(place, path, record)) === 'own')
    await removeArchive({ place, path });
  await writeRecord({ place, path }, record);
  await registerImage(workspace, path, { record, ...(size === undefined ? {} : { size }) });
  await dropUnshared(place, name);
  const { digest } = record;
  return {
    reference,
    archive: path,
    record: recordPath(path),
    digest,
    size: size ?? null,
    action: 'remote',
  };
}
