import { sep } from 'node:path';
import { recordUse, type CatalogPlace } from '../catalog/file.js';
import type { Opened } from '../open.js';

/** Notes that an image was used, if its archive is the catalog's. */
export async function noteUse(
  { record, path }: Opened,
  place: CatalogPlace,
  now: Date,
): Promise<void> {
  if (record && path?.startsWith(place.folder + sep)) await recordUse(place, record.name, now);
}
