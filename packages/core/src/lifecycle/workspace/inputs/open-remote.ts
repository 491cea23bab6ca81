import { removeArchiveFacts } from '../../../catalog/archive-facts.js';
import { readRecord, writeRecord } from '../../../catalog/commit.js';
import { lockPath, readCatalog } from '../../../catalog/file.js';
import type { ImageRecord } from '../../../catalog/record.js';
import { inside } from '../../../disk/paths/inside.js';
import { withLock } from '../../../disk/lock.js';
import type { Location } from '../../../location.js';
import type { Opened } from '../../../open.js';
import { shareAccess } from '../../../share/share-access.js';
import { SharedSource, type SharedPlace } from '../../../share/shared-source.js';
import { linkOrCopy, unsharedPath } from '../../../share/unshared.js';
import { holdingOf, holdsImage } from './holds-image.js';
import type { Workspace } from '../workspace.js';

/** The parts of a workspace that {@link openRemote} needs. */
export type RemoteWorkspace = Pick<Workspace, 'place' | 'settings' | 'surroundings'>;

/** How the share is read. */
export type RemoteOptions = Pick<SharedPlace, 'cache' | 'limits'>;

/** An image that is only in the share, open for reading. */
export type OpenedRemote = Opened & { readonly record: ImageRecord };

/**
 * Opens the image of a name that has a record here and no archive, or an older one: from the share, by the digest of the
 * record. An unshared archive of the image is put in place of the missing one first. No request is sent.
 *
 * @returns undefined for any other location, for a damaged archive, and in a workspace without a share
 */
export async function openRemote(
  { place, settings: { share }, surroundings }: RemoteWorkspace,
  location: Location,
  options: RemoteOptions = {},
): Promise<OpenedRemote | undefined> {
  if (!share || location.kind !== 'name') return undefined;
  const name = location.text;
  const entry = (await readCatalog(place)).find((each) => each.name === name && each.recorded);
  if (!entry) return undefined;
  const path = inside(place.folder, entry.file);
  const record = await readRecord(path);
  if (record?.name !== name) return undefined;
  if ((await holdingOf(place, path, record)) === 'own') return undefined;
  if (await restoreUnshared({ place, path, record })) return undefined;
  const { read: repositories } = shareAccess(share, surroundings.env) ?? { read: [] };
  const source = new SharedSource(record, { ...options, repositories, surroundings });
  const { reference } = record;
  return { source, kind: 'repository', compression: 'none', notices: [], reference, record };
}

/** Puts the unshared archive of an image in place, if there is one and it holds the image of the record. */
async function restoreUnshared({
  place,
  path,
  record,
}: Pick<Workspace, 'place'> & {
  readonly path: string;
  readonly record: ImageRecord;
}): Promise<boolean> {
  const unshared = unsharedPath(place, record.name);
  if (!(await holdsImage(place, unshared, record))) return false;
  return await withLock(lockPath(place, record.name), async () => {
    // Another process may have saved a newer image meanwhile, or given this one to the share.
    const current = await readRecord(path);
    if (current?.digest !== record.digest || !(await holdsImage(place, unshared, record)))
      return false;
    await linkOrCopy(unshared, path);
    await removeArchiveFacts({ place, path });
    // Written anew, so that what is remembered of the older archive no longer counts.
    await writeRecord({ place, path }, current);
    return true;
  });
}
