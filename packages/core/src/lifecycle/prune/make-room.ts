import { fileSystemOf, type Need } from '../../disk/free-space.js';
import { ImageError } from '../../errors.js';
import type { VerbOptions } from '../workspace/call.js';
import { prune, type PruneOptions } from './prune.js';
import { shownPath } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, verb, wording } from '../../wording.js';

/**
 * Checks before the first byte is written that all `needs` of each file system fit. If they do not, prunes by the rules
 * of `stowage.yaml`, if it has any.
 *
 * @param options.copies whether copies in the engine may be deleted, too.
 * @param options.holding the name whose lock the caller holds.
 * @throws ImageError NO_SPACE, with the needed and the free bytes
 */
export async function makeRoom(
  workspace: Workspace,
  needs: readonly Need[],
  options: VerbOptions & Pick<PruneOptions, 'copies' | 'holding'>,
): Promise<void> {
  if ((await unmetNeeds(needs)).length === 0) return;
  const allowed = Object.keys(workspace.settings.prune).length > 0;
  if (allowed) {
    options.onEvent?.({ type: 'step', subject: 'prune', text: 'freeing space' });
    const { freedBytes } = await prune(workspace, { ...options, needs, dryRun: false });
    options.onEvent?.({
      type: 'notice',
      text: `${freedBytes} bytes were freed by the rules of prune`,
    });
  }
  const [short] = await unmetNeeds(needs);
  if (!short) return;
  const { path, bytes, free } = short;
  throw new ImageError(
    'NO_SPACE',
    `${shownPath(workspace, path)}: ${bytes} bytes are needed, ${free} are free`,
    {
      location: path,
      hint: allowed
        ? wording`The rules of stowage.yaml allow no more deletions: loosen them (${verb('prune', option('dryRun'))} explains), or use a larger disk.`
        : wording`Free some space (${verb('prune', option('dryRun'))} shows what can be deleted), or add prune: rules to stowage.yaml to delete it automatically.`,
    },
  );
}

/** The needs that do not fit, summed by file system. */
async function unmetNeeds(needs: readonly Need[]): Promise<(Need & { readonly free: number })[]> {
  const byVolume = new Map<string, Need & { readonly free: number }>();
  for (const { path, bytes } of needs) {
    const { id, free } = await fileSystemOf(path);
    const before = byVolume.get(id);
    byVolume.set(id, { path: before?.path ?? path, bytes: bytes + (before?.bytes ?? 0), free });
  }
  return [...byVolume.values()].filter(({ bytes, free }) => bytes > free);
}
