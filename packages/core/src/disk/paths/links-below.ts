import { lstatSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ImageError } from '../../errors.js';

/**
 * Refuses a path with a symbolic link below a folder: writes and deletions would follow it. The folder itself may be a
 * link.
 *
 * @throws ImageError INVALID
 */
export function refuseLinks(folder: string, path: string): void {
  let at = folder;
  for (const part of relative(folder, path).split(sep)) {
    if (part === '') return;
    at = join(at, part);
    // Synchronous: a round trip to the thread pool would take longer.
    const info = lstatSync(at, { throwIfNoEntry: false });
    if (!info) return;
    if (info.isSymbolicLink()) throw symbolicLinkError(at);
    // Nothing lies below a file; using the path fails, or finds nothing.
    if (!info.isDirectory()) return;
  }
}

export function symbolicLinkError(path: string): ImageError {
  return new ImageError('INVALID', `${path}: a symbolic link, not a folder`, {
    location: path,
    hint: 'Find out what created the link, and remove it. To keep content elsewhere, make the root folder a link or mount a disk here.',
  });
}
