import { isAbsolute } from 'node:path';
import type { ShareRepository } from '../../definition/settings/share-settings.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import { isAway, markAway } from '../../share/away.js';
import { openShare, shareName } from '../../share/open-share.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';

/**
 * Does some work with a repository of the share. A repository that failed to answer within the last minute is left alone.
 * A failure is a notice; the repository then counts as away for all processes if it did not answer.
 *
 * @returns undefined if the work failed or was left
 * @throws ImageError UNAVAILABLE if the share is required
 */
export async function withShare<T>(
  { place, surroundings, settings }: Workspace,
  share: ShareRepository,
  options: VerbOptions & { readonly purpose: 'asking' | 'moving' },
  work: (repository: Repository) => Promise<T>,
): Promise<T | undefined> {
  const name = shareName(share);
  const required = settings.share?.required === true;
  if (!required && (await isAway(place.state, name))) return undefined;
  try {
    await using repository = await openShare(share, options.purpose, surroundings);
    return await work(repository);
  } catch (error) {
    if (!(error instanceof ImageError) || !isRefusal(error)) throw error;
    if (required)
      throw new ImageError('UNAVAILABLE', `share ${name}: ${error.message}`, {
        location: name,
        cause: error,
        hint: 'stowage.yaml requires the share (share.required); without that, the image is built here.',
      });
    if (error.code === 'UNAVAILABLE') await markAway(place.state, name);
    const { code, message } = error;
    if (isNew(settings, `${name} ${code}`))
      options.onEvent?.({
        type: 'notice',
        text: `share ${name}: ${message}; continuing without the share`,
      });
    return undefined;
  }
}

/** The notices about the share of each workspace, so that each is given once: asking and publishing fail for the same reason. */
const said = new WeakMap<object, Set<string>>();

function isNew(workspace: object, text: string): boolean {
  const before = said.get(workspace) ?? new Set();
  said.set(workspace, before);
  const { size } = before;
  return before.add(text).size > size;
}

/** Errors of a registry that does not answer, is full, or refuses; not those of files of this machine. */
function isRefusal({ code, location = '' }: ImageError): boolean {
  return !isAbsolute(location) && code !== 'USAGE' && code !== 'NAMING';
}
