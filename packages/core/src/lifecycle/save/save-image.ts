import { dirname, relative } from 'node:path';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { commitArchive, readRecord, recordPath, type Committed } from '../../catalog/commit.js';
import { entryOf, newEntry } from '../../catalog/yaml/entry.js';
import { updateCatalog } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { Facts } from '../../definition/definition.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import { toSlashes } from '../../disk/paths/slashed.js';
import type { Digest } from '../../oci/digest.js';
import { copyGraph } from '../../transfer/copy.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import { imagesOf, sizeOf } from '../../transfer/graph/graph.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import { makeRoom } from '../prune/make-room.js';
import { sizeIfHolding } from '../workspace/inputs/holds-image.js';
import type { Workspace } from '../workspace/workspace.js';

/** An image that was saved, or found already saved or in the share. */
export interface SaveResult {
  readonly reference: string;
  /** Absolute path of the archive; there is no archive if `size` is null. */
  readonly archive: string;
  readonly record?: string;
  /** Digest of the manifest or index; null in a dry run of an image that is not saved yet. */
  readonly digest: Digest | null;
  /** Size of the archive in bytes; null in a dry run, and of an image that only the share has. */
  readonly size: number | null;
  /** `remote`: the share has the image, and only its record was written. */
  readonly action: 'saved' | 'skipped' | 'remote';
}

/** The name, reference and archive path under which an image is saved. */
export interface SaveTarget {
  readonly name: string;
  readonly reference: string;
  /** The archive's path, absolute. */
  readonly path: string;
}

/** Parts of a record that come from the definition, not from the image. */
export interface Origin {
  readonly facts: Facts;
  readonly base?: ImageRecord['base'];
  /** The index that the image was taken out of. */
  readonly index?: Digest | undefined;
}

/**
 * Writes one image of a source as an archive with record and catalog entry. The caller holds the lock
 * of the name.
 *
 * @throws ImageError NO_SPACE; any error of the source
 */
export async function saveImage(
  workspace: Workspace,
  source: Source,
  target: SaveTarget,
  options: Origin & VerbOptions,
): Promise<SaveResult> {
  const { descriptor, index } = await source.resolve(target.reference, options);
  const graph = await walk(source, descriptor, options);
  const need = { path: target.path, bytes: archiveSize(graph) };
  await requireFolderBelow(workspace.place.folder, dirname(target.path));
  await makeRoom(workspace, [need], { ...options, holding: target.name });
  let written: Committed | undefined;
  await using writer = new ArchiveWriter(target.path, async (archive, { signal }) => {
    const own = { place: workspace.place, path: target.path };
    written = await commitArchive(own, archive.fill({ signal }), () =>
      recordOf(graph, target, { ...options, index }),
    );
  });
  await copyGraph(source, graph, writer, { ...options, as: target.name });
  await writer.tag(graph.root, target.reference);
  await writer.commit(options);
  if (!written) throw new TypeError('an archive was committed without its record');
  await registerImage(workspace, target.path, written);
  return resultOf(target, { ...written, action: 'saved' });
}

/** An upper bound in bytes: each blob with tar header and padding, the layout's documents, the record. */
function archiveSize(graph: Graph): number {
  const { length } = graph.nodes;
  return sizeOf(graph) + (length + 8) * 1024 + length * 512 + 16_384;
}

/** Adds or updates the catalog entry of a record; `size` is that of its archive in bytes, if it has one. */
export async function registerImage(
  { place, surroundings }: Workspace,
  path: string,
  { record, size }: Pick<Committed, 'record'> & Partial<Committed>,
): Promise<void> {
  const file = toSlashes(relative(place.folder, path));
  await updateCatalog(place, {
    upsert: [entryOf(record, file, size)],
    defaults: newEntry(surroundings.now()),
  });
}

/**
 * The result if an archive already contains the wanted image.
 *
 * @param isIt whether a record is that of the wanted image.
 * @returns undefined when the archive must be written
 */
export async function findSavedImage(
  { place }: Workspace,
  target: SaveTarget,
  isIt: (record: ImageRecord) => boolean,
): Promise<SaveResult | undefined> {
  const record = await readRecord(target.path);
  if (record?.name !== target.name || record.reference !== target.reference || !isIt(record))
    return undefined;
  const size = await sizeIfHolding(place, target.path, record);
  return size === undefined ? undefined : resultOf(target, { record, size, action: 'skipped' });
}

/** The record of an image. */
export function recordOf(
  graph: Graph,
  { name, reference }: Pick<SaveTarget, 'name' | 'reference'>,
  { facts, base, index }: Origin,
): ImageRecord {
  const images = imagesOf(graph);
  const [image] = images.length === 1 ? images : [];
  return {
    name,
    reference,
    digest: graph.root.digest,
    ...(index === undefined ? {} : { index }),
    diffIds: image?.config.diffIds ?? [],
    ...(image
      ? { configDigest: image.configDescriptor.digest, platform: image.config.platform }
      : { platforms: images.map(({ config }) => config.platform) }),
    ...(base ? { base } : {}),
    facts,
  };
}

function resultOf(
  { reference, path }: SaveTarget,
  { record, size, action }: Committed & Pick<SaveResult, 'action'>,
): SaveResult {
  const { digest } = record;
  return { reference, archive: path, record: recordPath(path), digest, size, action };
}
