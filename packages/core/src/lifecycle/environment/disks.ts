import { amount } from '../../page/html.js';
import { fileSystemOf, type FileSystem } from '../../disk/free-space.js';
import { option, verb, wording } from '../../wording.js';
import { sharedCache } from '../cache/shared-cache.js';
import { parseSpace } from '../workspace/units.js';
import type { Workspace } from '../workspace/workspace.js';
import { bad, good, type EnvironmentCheck } from './check.js';

/** Space that has to be free where the settings say nothing (`prune.min_free`): most images are smaller. */
const LEAST_FREE = '1GB';

/** The space where archives, the cache and temporary files are; folders of one file system together. */
export async function checkDisks(workspace: Workspace): Promise<readonly EnvironmentCheck[]> {
  const { folder: archives, state } = workspace.place;
  const folders = [archives, sharedCache(workspace), state];
  const disks = new Map<string, FileSystem & { readonly folders: string[] }>();
  for (const folder of folders) {
    const found = await fileSystemOf(folder);
    const disk = disks.get(found.id) ?? { ...found, folders: [] };
    disk.folders.push(folder);
    disks.set(found.id, disk);
  }
  return [...disks.values()].map((disk) => describe(disk, workspace));
}

function describe(
  { folders, free, total }: FileSystem & { readonly folders: readonly string[] },
  { settings }: Workspace,
): EnvironmentCheck {
  const about = { name: 'disk', subject: folders.join(', ') } as const;
  const least = parseSpace(settings.prune.minFree ?? LEAST_FREE, total, 'prune.min_free');
  const said = `${amount(free)} of ${amount(total)} free`;
  if (free >= least) return good(about, said);
  return bad(
    { ...about, state: 'warning' },
    `${said}, which is less than ${amount(least)}`,
    wording`Free some space: ${verb('prune', option('dryRun'))} shows what may go.`,
  );
}
