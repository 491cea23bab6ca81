import type { Location } from '../../location.js';
import { openParsed, type Opened, type OpenOptions } from '../../open.js';
import { expandInputs } from './expand-inputs.js';
import { openRemote, type RemoteWorkspace } from './open-remote.js';
import { requireReferenceOfName } from './own-reference.js';
import type { Workspace } from './workspace.js';

/**
 * Opens a location like {@link openParsed}, with the limits and the surroundings of the workspace. A name whose image is only
 * in the share is opened there.
 *
 * @throws ImageError like {@link openParsed}; CONFLICT (the record of the archive names another image)
 */
export function openIn(
  workspace: RemoteWorkspace & Pick<Workspace, 'limits'>,
  location: Location,
  options: Omit<OpenOptions, 'place' | 'limits' | 'surroundings'>,
): Promise<Opened> {
  const { place, limits, surroundings } = workspace;
  const open = async () => {
    const { base, cache } = options;
    const expanded = base === undefined ? [] : await expandInputs([base].flat(), options.cwd);
    return (
      (await openRemote(workspace, location, { cache, limits })) ??
      openParsed(location, { ...options, base: expanded, place, limits, surroundings })
    );
  };
  return requireOwnName(open(), place.workspace);
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
