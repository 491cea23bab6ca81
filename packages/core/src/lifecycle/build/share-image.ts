import { readRecord, removeArchive } from '../../catalog/commit.js';
import { shortList } from '../../errors.js';
import type { SaveResult, SaveTarget } from '../save/save-image.js';
import { findShared, type FoundShared } from '../share/find-shared.js';
import { publish } from '../share/publish.js';
import { shareAccess } from '../../share/share-access.js';
import { takeShared } from '../share/take-shared.js';
import { dropUnshared, keepUnshared, unsharedPath } from '../../share/unshared.js';
import type { VerbOptions } from '../workspace/call.js';
import { holdsImage } from '../workspace/inputs/holds-image.js';
import type { Workspace } from '../workspace/workspace.js';
import { textField, verb, wording } from '../../wording.js';
import type { Recipe } from './recipe.js';

type ShareOptions = VerbOptions & { readonly force?: boolean | undefined };

/**
 * Asks the share for the image of a recipe; with `force` it is not asked. An image with inputs that are not pinned is not
 * shared, which is a notice.
 *
 * @throws ImageError NAMING, UNAVAILABLE (the share is required)
 */
export async function findForRecipe(
  workspace: Workspace,
  recipe: Recipe,
  options: ShareOptions,
): Promise<FoundShared | undefined> {
  if (options.force || !shareAccess(workspace.settings.share, workspace.surroundings.env))
    return undefined;
  const { name, base } = recipe.definition;
  const { unpinned } = recipe;
  if (unpinned.length === 0)
    return await findShared(workspace, { name, key: recipe.inputs }, options);
  const own = unpinned.includes(base) ? wording` ${verb('updateBase')} locks the base.` : '';
  const others = unpinned.some((each) => each !== base)
    ? ' Give images in the Dockerfile a digest: FROM name@sha256:….'
    : '';
  const text = wording`${name} is not shared, because these images have no digest: ${shortList(unpinned)}.${own}${others}`;
  options.onEvent?.({ type: 'notice', ...textField('text', text) });
  return undefined;
}

/**
 * Publishes an image that was saved. If another machine published the key first, its image is taken and ours is dropped; if
 * the share takes none, the archive is kept for Nx's cache. The caller holds the lock of the name.
 *
 * @throws ImageError UNAVAILABLE (the share is required)
 */
export async function settleWithShare(
  workspace: Workspace,
  recipe: Recipe,
  { target, saved, ...options }: ShareOptions & Settling,
): Promise<SaveResult> {
  const { place } = workspace;
  const { name, path } = target;
  const isShared = !options.force && recipe.unpinned.length === 0;
  const record = isShared ? await readRecord(path) : undefined;
  const image = record && { name, key: recipe.inputs, path, record };
  // Kept before the share is asked: if it is required and away, the next save offers the archive again.
  await keepUnshared(place, name, path);
  const taken = image && (await publish(workspace, image, options));
  if (!taken) return saved;
  if (taken.entry.record.digest !== saved.digest) {
    await removeArchive({ place, path });
    return await takeShared(workspace, target, { ...originOf(recipe), entry: taken.entry });
  }
  await dropUnshared(place, name);
  return saved;
}

/**
 * Publishes an image that is up to date here, if the share did not take it before and this process writes to it. An image
 * that another machine published under the key meanwhile does not replace it. The caller holds the lock of the name.
 *
 * @throws ImageError UNAVAILABLE (the share is required)
 */
export async function offerAgain(
  workspace: Workspace,
  { inputs, unpinned }: Recipe,
  { name, path }: SaveTarget,
  options: ShareOptions,
): Promise<void> {
  const { place, settings, surroundings } = workspace;
  if (unpinned.length > 0 || !shareAccess(settings.share, surroundings.env)?.write) return;
  const record = await readRecord(path);
  const unshared = unsharedPath(place, name);
  if (!record || !(await holdsImage(place, unshared, record))) return;
  const image = { name, key: inputs, path: unshared, record };
  const taken = await publish(workspace, image, options);
  if (taken?.entry.record.digest === record.digest) await dropUnshared(place, name);
}

/** A saved image, and the archive that it was to become. */
export interface Settling {
  readonly target: SaveTarget;
  readonly saved: SaveResult;
}

/** The fields of a record that come from the definition, not from the image. */
export function originOf({ facts, origin: base }: Recipe) {
  return { facts, ...(base ? { base } : {}) };
}
