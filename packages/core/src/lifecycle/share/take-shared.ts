import { readArchiveFacts } from '../../catalog/archive-facts.js';
import { recordPath, writeRecord } from '../../catalog/commit.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { ShareEntry } from '../../share/share-entry.js';
import {
  registerImage,
  type Origin,
  type SaveResult,
  type SaveTarget,
} from '../save/save-image.js';
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
  await writeRecord({ place, path }, record);
  const known = readArchiveFacts({ place, path }, undefined);
  const size = known?.digest === record.digest ? known.size : undefined;
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
