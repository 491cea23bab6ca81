import type { Location } from '../../../location.js';
import { openParsed, type Opened, type OpenOptions } from '../../../open.js';
import { expandInputs } from './expand-inputs.js';
import { openRemote, type RemoteWorkspace } from './open-remote.js';
import type { Notice } from '../../../wording.js';
import { requireReferenceOfName } from './own-reference.js';
import type { Workspace } from '../workspace.js';

/** Options of {@link openIn}. */
export interface OpenInOptions extends Omit<OpenOptions, 'place' | 'limits' | 'surroundings'> {
  /** Receives a notice about what is left out with the platforms that are not chosen. */
  readonly onEvent?: ((event: Notice) => void) | undefined;
}

/**
 * Opens a location like {@link openParsed}, with the limits and the surroundings of the workspace. A name whose image is only
 * in the share is opened there. Of each image the source has the chosen platforms, as `withPlatforms` says.
 *
 * @throws ImageError like {@link openParsed}; CONFLICT (the record of the archive names another image)
 */
export function openIn(
  workspace: RemoteWorkspace & Pick<Workspace, 'limits'>,
  location: Location,
  options: OpenInOptions,
): Promise<Opened> {
  const { place, limits, surroundings } = workspace;
  const open = async () => {
    const { base, cache } = options;
    const expanded = base === undefined ? [] : await expandInputs([base].flat(), options.cwd);
    const opened =
      (await openRemote(workspace, location, { cache, limits })) ??
      (await openParsed(location, { ...options, base: expanded, place, limits, surroundings }));
    return choosePlatforms(opened, options);
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

async function choosePlatforms(
  opened: Opened,
  { platforms, onEvent }: OpenInOptions,
): Promise<Opened> {
  if (platforms === undefined) return opened;
  // Loaded on demand: most commands that read an image choose no platforms.
  const { withPlatforms } = await import('../../../convert/choose-platforms.js');
  const onNotice = (text: string): void => onEvent?.({ type: 'notice', text });
  return { ...opened, source: withPlatforms(opened.source, { platforms, onNotice }) };
}
