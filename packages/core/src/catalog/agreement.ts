import { basename } from 'node:path';
import { ARCHIVE_SUFFIX, type ImageRecord } from './record.js';

/** Where an archive, its record and its file disagree on the name of the image. */
export function otherName(
  { name, reference }: ImageRecord,
  path: string,
  names: readonly string[],
): { readonly expected: string; readonly got: string } | undefined {
  const file = basename(path, ARCHIVE_SUFFIX);
  if (file !== name) return { expected: `the record of ${file}`, got: `that of ${name}` };
  const other = names.find((each) => each !== reference);
  return other === undefined ? undefined : { expected: reference, got: other };
}
