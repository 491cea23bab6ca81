import { isAbsolute, join, relative, sep } from 'node:path';
import { ImageError } from '../../errors.js';

/** Whether a path is a folder or below it. Both are absolute; the disk is not read. */
export function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}

/**
 * Joins segments to a path below a folder, so that an untrusted name never becomes a path outside it.
 * The disk is not read: the caller must check for symbolic links.
 *
 * @throws ImageError INVALID when a segment is absolute, holds a NUL, or the path would leave the folder
 */
export function inside(folder: string, ...segments: readonly string[]): string {
  const path = join(folder, ...segments);
  const isOdd = segments.some((segment) => isAbsolute(segment) || segment.includes('\0'));
  if (isBelow(folder, path) && !isOdd) return path;
  throw new ImageError(
    'INVALID',
    `${folder}: the path ${JSON.stringify(segments.join('/'))} leads out of this folder`,
    { location: folder },
  );
}
