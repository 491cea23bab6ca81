import { openArchive } from '../../archive/open-archive.js';
import { spoolFolder } from '../../catalog/file.js';
import type { CatalogPlace } from '../../catalog/locate.js';
import type { Digest } from '../../oci/digest.js';
import { formatReference } from '../../oci/reference.js';
import { copyGraph, oneChunk } from '../../transfer/copy.js';
import { walk } from '../../transfer/graph/walk.js';
import type { LifecycleEvent, VerbOptions } from '../workspace/call.js';
import type { LocalImage, SyncResult } from './sync-records.js';
import { artifactOf, recordTag, type SyncRepository } from './sync-records.js';

/** Sends an image, then its record, so that a record always has its image. */
export async function sendImage(
  shared: SyncRepository,
  place: CatalogPlace,
  { path, record }: LocalImage,
  isThere: boolean,
  options: VerbOptions,
): Promise<SyncResult> {
  const { name, digest } = record;
  await using repository = shared.open();
  const artifact = artifactOf(record);
  const known = async (found: Digest) =>
    found === artifact.root.digest ? artifact.root : undefined;
  const there = isThere ? await repository.find(recordTag(name), { ...options, known }) : undefined;
  if (there?.digest === artifact.root.digest) return { name, digest, action: 'same', bytes: 0 };
  if (options.dryRun) return { name, digest, action: 'sent', bytes: 0 };
  options.onEvent?.({ type: 'step', subject: name, text: 'sending' });
  let bytes = 0;
  const onEvent = (event: LifecycleEvent): void => {
    if (event.type === 'progress') bytes += event.bytes;
    options.onEvent?.(event);
  };
  const archive = (await openArchive(path, { spoolFolder: spoolFolder(place) })).source;
  await using source = await shared.complete(archive);
  const { descriptor } = await source.resolve(digest, options);
  const graph = await walk(source, descriptor, options);
  await copyGraph(source, graph, repository, { signal: options.signal, onEvent, as: name });
  await repository.tag(graph.root, formatReference({ ...shared.name, tag: name }));
  const wanted = await repository.begin(artifact.graph, options);
  for (const { descriptor: node, bytes: content } of artifact.nodes) {
    if (!wanted.has(node.digest)) continue;
    await repository.write(node, (start = 0) => oneChunk(content.subarray(start)), options);
    bytes += node.size;
  }
  await repository.tag(artifact.root, formatReference({ ...shared.name, tag: recordTag(name) }));
  await repository.commit(options);
  return { name, digest, action: 'sent', bytes };
}

/** Deletes the tag of the record, then that of the image, so that a record always has its image. */
export async function deleteImage(
  shared: SyncRepository,
  name: string,
  kept: ReadonlySet<Digest>,
  options: VerbOptions,
): Promise<SyncResult> {
  const gone: SyncResult = { name, digest: null, action: 'deleted', bytes: 0 };
  if (options.dryRun) return gone;
  await using repository = shared.open();
  await repository.untag(recordTag(name), () => true, options);
  await repository.untag(name, (digest) => !kept.has(digest), options);
  return gone;
}
