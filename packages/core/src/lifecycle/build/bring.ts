import type { Location } from '../../location.js';
import type { Workspace } from '../workspace/workspace.js';
import type { VerbOptions } from '../workspace/call.js';
import type { BringOptions } from './save-definition.js';

/**
 * Before the content of a location is read: sees to it that an image which is only in the share can be read there, or makes it
 * here.
 *
 * @throws ImageError NOT_FOUND (it is nowhere, and no definition makes it), like `build`
 */
export async function bring(
  workspace: Workspace,
  location: Location,
  {
    signal,
    engine,
    host,
    namespace,
    onEvent,
    dryRun,
    cache,
    isHeld,
  }: VerbOptions & Pick<BringOptions, 'cache' | 'isHeld'>,
): Promise<void> {
  if (location.kind !== 'name' || !workspace.settings.share) return;
  // Loaded on demand: building is much code, and almost nothing has to be built.
  const { bringImage } = await import('./save-definition.js');
  // Options of the verb of the same name, such as `force`, are not those of a build.
  const call = { cwd: workspace.root, signal, engine, host, namespace, onEvent, dryRun };
  await bringImage(workspace, location.text, { ...call, cache, isHeld });
}
