import { lstatSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ImageError } from '../errors.js';

/**
 * Refuses a path where a symbolic link below a folder leads out of it: writes and deletions would follow. The folder
 * itself may be a link.
 *
 * @throws ImageError INVALID
 */
export function refuseLinks(folder: string, path: string): void {
  let at = folder;
  for (const part of relative(folder, path).split(sep)) {
    if (part === '') return;
    at = join(at, part);
    // Not asynchronous: waiting for a thread would take longer.
    const info = lstatSync(at, { throwIfNoEntry: false });
    if (!info) return;
    if (info.isSymbolicLink()) throw linked(at);
  }
}

export function linked(path: string): ImageError {
  return new ImageError('INVALID', `${path}: expected a folder, got a symbolic link`, {
    location: path,
    hint: 'Look who made it, and remove it. To keep content elsewhere, let the whole root be a link, or mount a disk here.',
  });
}
