import type { Location } from '../../location.js';
import { openParsed, type Opened, type OpenOptions } from '../../open.js';
import { requireReferenceOfName } from './own-reference.js';
import type { Workspace } from './workspace.js';

/**
 * Opens a location like {@link openParsed}, with the limits and the surroundings of the workspace.
 *
 * @throws ImageError like {@link openParsed}; CONFLICT (the record of the archive names another image)
 */
export function openIn(
  { place, limits, surroundings }: Pick<Workspace, 'place' | 'limits' | 'surroundings'>,
  location: Location,
  options: Omit<OpenOptions, 'place' | 'limits' | 'surroundings'>,
): Promise<Opened> {
  return requireOwnName(
    openParsed(location, { ...options, place, limits, surroundings }),
    place.workspace,
  );
}

/** Checks that the record of an opened archive names its own image; closes the source if not. @throws ImageError CONFLICT */
export async function requireOwnName(opening: Promise<Opened>, root: string): Promise<Opened> {
  const opened = await opening;
  const { record, path = '' } = opened;
  try {
    if (record) await requireReferenceOfName(root, record, path);
    return opened;
  } catch (error) {
    await opened.source[Symbol.asyncDispose]();
    throw error;
  }
}
