import { sep } from 'node:path';
import { recordUse } from '../../catalog/file.js';
import { ImageError } from '../../errors.js';
import type { Opened } from '../../open.js';
import type { VerbOptions } from './call.js';
import type { Workspace } from './workspace.js';

/** Records the use of an image if its archive is in the catalog's folder. Failing to record it is a notice, not an error. */
export async function recordImageUse(
  { place, surroundings }: Workspace,
  { record, path }: Opened,
  { onEvent }: Pick<VerbOptions, 'onEvent'> = {},
): Promise<void> {
  if (!record || !path?.startsWith(place.folder + sep)) return;
  try {
    await recordUse(place, record.name, new Date(surroundings.now()));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    onEvent?.({
      type: 'notice',
      text: `the use of ${record.name} was not recorded: ${error.message}`,
    });
  }
}
