import { readRecord } from '../src/catalog/commit.js';
import { openRegistry } from '../src/distribution/open-repository.js';
import { Repository } from '../src/distribution/repository.js';
import { KnownBlobs } from '../src/distribution/upload/known-blobs.js';
import type { LocalImage, SyncRepository } from '../src/lifecycle/sync/sync-records.js';
import { archiveOf } from '../src/lifecycle/workspace/workspace.js';
import { onTestFinished } from 'vitest';
import { servedRegistry } from './served-registry.js';
import { BASE, NAME, savePath, workspaceOf } from './workspace.js';

/** A workspace with one saved image, and the repository `ci` of a registry. */
export async function syncedWorkspace() {
  const made = await workspaceOf();
  const { workspace, call } = made;
  await savePath(workspace, BASE, call);
  const path = archiveOf(workspace, NAME);
  const record = await readRecord(path);
  if (!record) throw new Error('expected a record');
  const served = await servedRegistry();
  const client = await openRegistry(served.host, { plainHttp: true }, workspace.surroundings);
  onTestFinished(() => client[Symbol.asyncDispose]());
  const known = new KnownBlobs();
  const shared: SyncRepository = {
    name: { registry: served.host, repository: 'ci' },
    open: () => new Repository(client, 'ci', { known }),
    complete: async (source) => source,
  };
  const mine: LocalImage = { path, record, pinned: false };
  const tags = async () => {
    const listed = await served.ask('GET', '/v2/ci/tags/list');
    return listed.status === 404 ? [] : ((await listed.json()) as { tags: string[] }).tags.sort();
  };
  return { ...made, ...served, shared, mine, tags };
}
