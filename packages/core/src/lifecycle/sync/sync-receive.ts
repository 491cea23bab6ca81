import { removeArchive } from '../../catalog/commit.js';
import { lockPath } from '../../catalog/file.js';
import { withLock } from '../../disk/lock.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { matchesAny } from '../../policy/wildcards.js';
import type { Source } from '../../transfer/store.js';
import type { LifecycleEvent, VerbOptions } from '../workspace/call.js';
import type { LocalImage, SyncResult } from './sync-records.js';
import { artifactOf, recordTag, remoteRecord, type SyncRepository } from './sync-records.js';
import { requireOwnReference } from '../workspace/inputs/own-reference.js';
import { saveImage } from '../save/save-image.js';
import { syncCatalog } from '../workspace/sync-catalog.js';
import { archiveOf, type Workspace } from '../workspace/workspace.js';

/** Receives an image as an archive with record and catalog entry. */
export async function receiveImage(
  workspace: Workspace,
  shared: SyncRepository,
  name: string,
  mine: LocalImage | undefined,
  options: VerbOptions,
): Promise<SyncResult> {
  await using repository = shared.open();
  const descriptor = await recordOf(repository, name, options);
  if (mine && artifactOf(mine.record).root.digest === descriptor.digest)
    return { name, digest: mine.record.digest, action: 'same', bytes: 0 };
  const record = await remoteRecord(repository, descriptor, name, options);
  await requireOwnReference(workspace.root, record, `${repository.location}:${recordTag(name)}`);
  const { digest, reference, facts, base } = record;
  if (options.dryRun) return { name, digest, action: 'received', bytes: 0 };
  options.onEvent?.({ type: 'step', subject: name, text: 'receiving' });
  let bytes = 0;
  const onEvent = (event: LifecycleEvent): void => {
    if (event.type === 'progress') bytes += event.bytes;
    options.onEvent?.(event);
  };
  const path = mine?.path ?? archiveOf(workspace, name);
  // Resolve the digest of the record, not the tag: another machine may have moved the tag since.
  const image: Source = {
    location: repository.location,
    list: (call) => repository.list(call),
    resolve: async (_, call) => repository.resolve(digest, call),
    has: (content) => repository.has(content),
    read: (content, call) => repository.read(content, call),
    [Symbol.asyncDispose]: async () => undefined,
  };
  await using source = await shared.complete(image);
  await withLock(lockPath(workspace.place, name), () =>
    saveImage(
      workspace,
      source,
      { name, reference, path },
      {
        ...options,
        onEvent,
        facts,
        ...(base ? { base } : {}),
      },
    ),
  );
  return { name, digest, action: 'received', bytes };
}

/** Deletes an archive that the registry lacks; pinned ones are kept. */
export async function deleteArchive(
  workspace: Workspace,
  name: string,
  mine: LocalImage | undefined,
  options: VerbOptions,
): Promise<SyncResult> {
  const pinned = mine && (mine.pinned || matchesAny(name, workspace.settings.pins));
  if (!mine || pinned)
    return { name, digest: mine?.record.digest ?? null, action: 'kept', bytes: 0 };
  if (!options.dryRun)
    await withLock(lockPath(workspace.place, name), async () => {
      await removeArchive({ place: workspace.place, path: mine.path });
      await syncCatalog(workspace);
    });
  return { name, digest: null, action: 'deleted', bytes: 0 };
}

/** @throws ImageError NOT_FOUND (another machine deleted it meanwhile) */
async function recordOf(
  repository: Repository,
  name: string,
  options: VerbOptions,
): Promise<Descriptor> {
  const found = await repository.find(recordTag(name), options);
  if (found) return found;
  const { location } = repository;
  throw new ImageError('NOT_FOUND', `${location}: no tag ${recordTag(name)}`, {
    location,
  });
}
