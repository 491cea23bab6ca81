import { openArchive } from '../../../archive/open-archive.js';
import { readArchiveFacts } from '../../../catalog/archive-facts.js';
import { spoolFolder } from '../../../catalog/file.js';
import type { CatalogPlace } from '../../../catalog/locate.js';
import type { ImageRecord } from '../../../catalog/record.js';
import { statIfExists } from '../../../disk/allocated.js';
import { isMissing } from '../../../disk/if-there.js';
import { ImageError } from '../../../errors.js';
import { walk } from '../../../transfer/graph/walk.js';

/** Size in bytes of an archive if it holds the image of a record; undefined if it does not, or does not exist. */
export async function sizeIfHolding(
  place: CatalogPlace,
  path: string,
  record: ImageRecord,
): Promise<number | undefined> {
  const size = (await statIfExists(path))?.size;
  if (size === undefined) return undefined;
  const facts = readArchiveFacts({ place, path }, record);
  const isKnown = facts?.digest === record.digest;
  const isWhole = isKnown ? facts.size === size : await holdsImage(place, path, record);
  return isWhole ? size : undefined;
}

/**
 * Compares an archive with a record, by the index of the archive: `own` if it names the image of the record, damaged or not, or
 * cannot be read; `older` if it names other images only; `none` if there is no archive.
 */
export async function holdingOf(
  place: CatalogPlace,
  path: string,
  record: ImageRecord,
): Promise<'own' | 'older' | 'none'> {
  const size = (await statIfExists(path))?.size;
  if (size === undefined) return 'none';
  const facts = readArchiveFacts({ place, path }, record);
  if (facts?.size === size) return facts.digest === record.digest ? 'own' : 'older';
  try {
    const opened = await openArchive(path, { spoolFolder: spoolFolder(place) });
    await using source = opened.source;
    for await (const { descriptor } of source.list())
      if (descriptor.digest === record.digest) return 'own';
    return 'older';
  } catch (error) {
    if (isMissing(error)) return 'none';
    // Reading it tells what is wrong.
    if (error instanceof ImageError) return 'own';
    throw error;
  }
}

/** Whether an archive holds the image of a record, by its index and the sizes of its members; no layer is read. */
export async function holdsImage(
  place: CatalogPlace,
  path: string,
  { digest }: Pick<ImageRecord, 'digest'>,
): Promise<boolean> {
  try {
    const opened = await openArchive(path, { spoolFolder: spoolFolder(place) });
    await using source = opened.source;
    await walk(source, (await source.resolve(digest)).descriptor);
    return true;
  } catch (error) {
    if (error instanceof ImageError || isMissing(error)) return false;
    throw error;
  }
}
