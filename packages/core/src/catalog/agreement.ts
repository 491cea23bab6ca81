import { basename } from 'node:path';
import { ImageError, shortList } from '../errors.js';
import { ARCHIVE_SUFFIX, type ImageRecord } from './record.js';

/**
 * Checks that an archive, its record and its file name agree on the name of the image.
 *
 * @returns an ImageError CORRUPT when they do not; undefined when they do
 * @param path path of the archive.
 * @param names references in the archive.
 */
export function checkAgreement(
  { name, reference }: ImageRecord,
  path: string,
  names: readonly string[],
): ImageError | undefined {
  const file = basename(path, ARCHIVE_SUFFIX);
  const other = names.find((each) => each !== reference);
  if (file === name && other === undefined) return undefined;
  const mismatch =
    file === name
      ? `its record names ${reference}, but the archive has ${String(other)}`
      : `its record is that of ${name}, not of ${file}`;
  return new ImageError('CORRUPT', `${path}: ${mismatch}`, {
    location: path,
    hint: 'Save the image again, or delete its .image.json to accept the names in the archive.',
  });
}

/** The error for an archive that is older than its record: with a share, an image is fetched without layers. */
export function olderArchive(
  path: string,
  { name, digest }: ImageRecord,
  digests: readonly string[],
): ImageError {
  return new ImageError(
    'CONFLICT',
    `${path}: an older archive (${shortList(digests) || 'no image'}) than ${digest}, which its record names`,
    {
      location: path,
      hint: `The image itself is in the share. Make its archive with nx run ${name}:image-archive, or name the image in place of the file.`,
    },
  );
}
