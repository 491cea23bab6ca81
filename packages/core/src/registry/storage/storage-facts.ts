import { modifiedAt } from '../../disk/allocated.js';
import { freeSpace } from '../../disk/free-space.js';
import { namesIn } from '../../disk/if-there.js';
import type { StorageFacts } from '../metrics.js';
import { repositoriesIn } from './list-repositories.js';
import type { Quotas } from './quota/quotas.js';
import { digestOfLink, doneFile, linkFolder, quarantineFolder } from './registry-paths.js';

/** Measures the folder of a registry, for metrics. */
export async function storageFacts(root: string, quotas: Quotas): Promise<StorageFacts> {
  let uploads = 0;
  for (const { name } of await repositoriesIn(root, { links: 'skip' }))
    uploads += (await namesIn(root, linkFolder(root, name, '_uploads'))).length;
  const quarantined = await namesIn(root, quarantineFolder(root));
  const paths: StorageFacts['paths'][number][] = [];
  for (const [path, quota] of quotas.below)
    paths.push({ path, usedBytes: await quota.used(), limitBytes: quota.limit });
  const { whole } = quotas;
  return {
    usedBytes: await whole.used(),
    limitBytes: whole.limit === Infinity ? undefined : whole.limit,
    freeBytes: await freeSpace(root),
    paths,
    uploads,
    damagedBlobs: quarantined.filter((name) => digestOfLink(name) !== undefined).length,
    collectedAt: await modifiedAt(doneFile(root, 'collected')),
    scrubbedAt: await modifiedAt(doneFile(root, 'scrubbed')),
  };
}
