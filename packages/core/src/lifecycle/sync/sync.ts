import { readCatalog } from '../../catalog/file.js';
import type { CatalogPlace } from '../../catalog/locate.js';
import type { CatalogEntry } from '../../catalog/reconcile.js';
import { statIfExists } from '../../disk/allocated.js';
import { inside } from '../../disk/paths/inside.js';
import { addForeignLayers } from '../../distribution/add-foreign-layers.js';
import { ImageError } from '../../errors.js';
import { absolutePath, parseRepositoryLocation, type PathOptions } from '../../location.js';
import { hasHost, isPath } from '../../location-form.js';
import { splitReference, type Reference } from '../../oci/reference.js';
import type { Source } from '../../transfer/store.js';
import { option, wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';
import { mapInputs, MOVED_IMAGES, REGISTRY_IMAGES } from '../workspace/inputs/map-inputs.js';
import { deleteArchive, receiveImage } from './sync-receive.js';
import { deleteImage, sendImage } from './sync-send.js';
import {
  listSynced,
  type SyncRepository,
  type LocalImage,
  type SyncResult,
} from './sync-records.js';
import type { Workspace } from '../workspace/workspace.js';

/** Options for synchronising a folder and a repository. */
export interface SyncOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Delete images at the destination that the source lacks. */
  readonly prune?: boolean | undefined;
  /** Between two registries: tags to copy, by name or pattern; all tags when omitted. */
  readonly tags?: readonly string[] | undefined;
}

/**
 * Makes a repository of a registry hold the archives of a folder, or the other way round, or copies the repositories of one registry
 * to another (`syncRegistries`); only differences are transferred. Of archives, a tag is an image's name; its record is an artifact under `<name>.record`. Each image has its own tags, so any number of
 * machines may write without a lock. An image that fails does not stop the others; then nothing is deleted.
 *
 * @param from a folder of archives, or `HOST[:PORT]/REPOSITORY`; of two registries, `HOST[:PORT][/PREFIX]`.
 * @param to the other of the two, or the other registry.
 * @throws ImageError USAGE (two folders; `prune` with two registries), NOT_FOUND; any error of the registry
 */
export async function sync(
  workspace: Workspace,
  from: string,
  to: string,
  options: SyncOptions,
): Promise<SyncResult[]> {
  const where = { ...workspace, cwd: options.cwd };
  const isSending = await isFolder(from, where);
  const isReceiving = await isFolder(to, where);
  if (!isSending && !isReceiving) return syncRepositories(workspace, from, to, options);
  if (isSending && isReceiving)
    throw new ImageError(
      'USAGE',
      `sync ${from} ${to}: both are folders; one has to be a repository`,
      {
        hint: 'For example ./images and registry.example.com/ci, or the other way round.',
      },
    );
  if (options.tags)
    throw new ImageError(
      'USAGE',
      `sync ${from} ${to}: tags are chosen between two registries, and one of these is a folder`,
    );
  const folder = absolutePath(isSending ? from : to, where);
  const place: CatalogPlace = { ...workspace.place, folder };
  const folderWorkspace: Workspace = { ...workspace, place };
  const { openRegistry } = await import('../../distribution/open-repository.js');
  const { Repository } = await import('../../distribution/repository.js');
  const { KnownBlobs } = await import('../../distribution/upload/known-blobs.js');
  const name = repositoryIn(isSending ? to : from);
  await using client = await openRegistry(name.registry, options.registry, workspace.surroundings);
  const known = new KnownBlobs();
  const { foreignLayers } = options;
  const open = () => new Repository(client, name.repository, { known, foreignLayers });
  const { surroundings } = workspace;
  const complete = async (source: Source) =>
    foreignLayers ? addForeignLayers(source, { ...options, surroundings }) : source;
  const shared: SyncRepository = { name, open, complete };
  const entries = await readCatalog(place);
  const [local, remote] = [localRecords(place, entries), await listSynced(shared, options)];
  const names = isSending ? [...local.keys()] : [...remote];
  // A mistyped source must not delete everything at the destination.
  if (options.prune && names.length === 0)
    throw new ImageError('NOT_FOUND', `${from}: no images to sync`, {
      location: from,
      hint: 'Nothing was deleted. If the source is meant to be empty, delete the images at the destination by hand.',
    });
  const move = async (name: string, signal: AbortSignal): Promise<readonly SyncResult[]> => {
    const call = { ...options, signal };
    const mine = local.get(name);
    if (!isSending) return [await receiveImage(folderWorkspace, shared, name, mine, call)];
    return mine ? [await sendImage(shared, place, mine, remote.has(name), call)] : [];
  };
  const { signal } = options;
  let hasFailed = false;
  const onFailure =
    options.onFailure &&
    ((error: ImageError): void => {
      hasFailed = true;
      options.onFailure?.(error);
    });
  const concurrency = isSending ? REGISTRY_IMAGES : MOVED_IMAGES;
  const moving = { signal, onFailure, concurrency };
  const results = (await mapInputs(names, move, moving)).flat();
  if (options.prune && !hasFailed) {
    const kept = new Set([...local.values()].map(({ record: { digest } }) => digest));
    // An archive that does not match its record still exists: do not delete the remote image.
    const here = new Set(entries.flatMap(({ name, state }) => (state === 'missing' ? [] : [name])));
    for (const name of isSending ? remote : local.keys()) {
      if (isSending ? here.has(name) : remote.has(name)) continue;
      results.push(
        isSending
          ? await deleteImage(shared, name, kept, options)
          : await deleteArchive(folderWorkspace, name, local.get(name), options),
      );
    }
  }
  return results.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Copies between two registries; nothing is deleted there. @throws ImageError USAGE (`prune`) */
async function syncRepositories(
  workspace: Workspace,
  from: string,
  to: string,
  options: SyncOptions,
): Promise<SyncResult[]> {
  if (options.prune)
    throw new ImageError(
      'USAGE',
      wording`${option('prune')}: nothing is deleted between two registries; one side has to be a folder of archives`,
    );
  // Loaded on demand: a folder on one side needs none of it.
  const { syncRegistries } = await import('../remote/sync-registries.js');
  const copied = await syncRegistries(workspace, from, to, options);
  return copied.map(({ reference, action, digest, bytes }) => {
    const done = action === 'copied' ? 'sent' : action;
    return { name: reference, action: done, digest, bytes: bytes ?? 0 };
  });
}

/** Archives that match their records, by name. */
function localRecords(
  place: CatalogPlace,
  entries: readonly CatalogEntry[],
): ReadonlyMap<string, LocalImage> {
  const found = new Map<string, LocalImage>();
  for (const { name, file, state, recorded, pinned } of entries) {
    const record = state === 'ok' ? recorded?.read() : undefined;
    if (record?.name === name)
      found.set(name, { path: inside(place.folder, file), record, pinned: pinned === true });
  }
  return found;
}

async function isFolder(text: string, where: PathOptions): Promise<boolean> {
  return isPath(text) || (await statIfExists(absolutePath(text, where)))?.isDirectory() === true;
}

/** Parses `HOST[:PORT]/REPOSITORY`. @throws ImageError USAGE */
function repositoryIn(text: string): Pick<Reference, 'registry' | 'repository'> {
  const { reference, parsed } = parseRepositoryLocation(text);
  const { name, tag, digest } = splitReference(reference);
  if (hasHost(name) && tag === undefined && digest === undefined)
    return { registry: parsed.registry, repository: parsed.repository };
  throw new ImageError('USAGE', `${text}: neither a folder nor HOST[:PORT]/REPOSITORY`, {
    hint: 'For example registry.example.com/ci; give no tag, because tags are image names.',
  });
}
