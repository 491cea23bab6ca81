import pLimit, { type LimitFunction } from 'p-limit';
import { addForeignLayers } from '../../distribution/add-foreign-layers.js';
import type { Repository } from '../../distribution/repository.js';
import type { KnownBlobs } from '../../distribution/upload/known-blobs.js';
import type { Digest } from '../../oci/digest.js';
import { formatReference } from '../../oci/reference.js';
import { copyGraph } from '../../transfer/copy.js';
import { referrerGraphsOf, referrersOf } from '../../transfer/graph/referrers.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import type { LifecycleEvent, VerbOptions } from '../workspace/call.js';
import { mapInputs, MOVED_IMAGES } from '../workspace/inputs/map-inputs.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import type { Workspace } from '../workspace/workspace.js';
import { RegistryClients, type RepositoryName } from './registry-clients.js';
import { parseRegistryRepository } from './registry-image.js';
import { selectTags, type SelectedTag } from './select-tags.js';

/** Options for copying the tags of a repository. */
export interface CopyTagsOptions extends VerbOptions {
  /** Tags to copy: names or patterns, in which `*` matches any characters; all tags when omitted. */
  readonly tags?: readonly string[] | undefined;
}

/** A tag of the destination. */
export interface CopiedTag {
  /** `HOST[:PORT]/REPOSITORY:TAG` at the destination. */
  readonly reference: string;
  readonly digest: Digest;
  /** `same` when the tag named this image already. */
  readonly action: 'copied' | 'same';
  /** Bytes sent for it, referrers included; null in a dry run for a tag to copy. */
  readonly bytes: number | null;
}

/**
 * Copies tags of a repository to another one, in the same registry or in another, byte for byte. Only what differs moves: a
 * tag that names the same digest there costs two HEADs and one look at its referrers, and blobs that the destination has are not sent.
 * Signatures, SBOMs and other referrers go along. Tags that the source lacks stay.
 *
 * @param from `HOST[:PORT]/REPOSITORY`, without a tag.
 * @param to the same form.
 * @throws ImageError USAGE, NOT_FOUND (no such repository), CORRUPT, UNAUTHORIZED, DENIED, UNAVAILABLE
 */
export async function copyTags(
  workspace: Workspace,
  from: string,
  to: string,
  options: CopyTagsOptions,
): Promise<CopiedTag[]> {
  const [source, destination] = [parseRegistryRepository(from), parseRegistryRepository(to)];
  requireOneLogin(options.registry, [source.registry, destination.registry]);
  await using clients = new RegistryClients(workspace, options);
  const { KnownBlobs } = await import('../../distribution/upload/known-blobs.js');
  const known = new KnownBlobs();
  const limit = pLimit(MOVED_IMAGES);
  const pair = { workspace, clients, known, source, destination, limit };
  return await copyRepository(pair, options);
}

/** Two repositories, and how they are reached. */
export interface RepositoryPair {
  readonly workspace: Workspace;
  readonly clients: RegistryClients;
  /** Blobs that are known to be in the registry of the destination. */
  readonly known: KnownBlobs;
  readonly source: RepositoryName;
  readonly destination: RepositoryName;
  /** Bounds how many images are copied at once, in all repositories. */
  readonly limit: LimitFunction;
}

/** Copies tags from one repository to another, as {@link copyTags}. */
export async function copyRepository(
  pair: RepositoryPair,
  options: CopyTagsOptions,
): Promise<CopiedTag[]> {
  const { clients, source, destination, limit } = pair;
  const selected = await selectTags(
    await clients.repository(source),
    await clients.repository(destination),
    { patterns: options.tags ?? ['*'], signal: options.signal },
  );
  const bytes = new Map<string, number>();
  const copy = (tag: SelectedTag, signal: AbortSignal) =>
    limit(() =>
      copyTag(pair, tag, {
        ...options,
        signal,
        onBytes: (count) => bytes.set(tag.tag, (bytes.get(tag.tag) ?? 0) + count),
      }).then(() => tag),
    );
  const copied = options.dryRun
    ? selected
    : await mapInputs(selected, copy, { ...options, concurrency: MOVED_IMAGES });
  return copied.map(({ tag, digest, there }) => {
    const action = digest === there ? 'same' : 'copied';
    return {
      reference: formatReference({ ...destination, tag }),
      digest,
      action,
      bytes: options.dryRun && action === 'copied' ? null : (bytes.get(tag) ?? 0),
    };
  });
}

interface CopyTagOptions extends VerbOptions {
  readonly onBytes: (count: number) => void;
}

async function copyTag(
  { workspace, clients, known, source, destination }: RepositoryPair,
  { tag, digest, there }: SelectedTag,
  { onBytes, ...options }: CopyTagOptions,
): Promise<void> {
  // A repository of its own for each image: it keeps the manifests that it reads.
  const opened = await clients.repository(source);
  const { surroundings } = workspace;
  const from: Source = options.foreignLayers
    ? await addForeignLayers(opened, { ...options, surroundings })
    : opened;
  const sink = await clients.repository(destination, { known });
  const onEvent = (event: LifecycleEvent): void => {
    if (event.type === 'progress') onBytes(event.bytes);
    options.onEvent?.(event);
  };
  const send = async (graph: Graph): Promise<void> => {
    if (source.registry === destination.registry)
      for (const node of graph.nodes)
        if (!graph.documents.get(node.digest)?.manifest) known.add(node.digest, source.repository);
    await copyGraph(from, graph, sink, { signal: options.signal, onEvent, as: tag });
  };
  if (digest === there)
    return sendNewReferrers(from, digest, { sink, send, signal: options.signal });
  options.onEvent?.({
    type: 'step',
    subject: formatReference({ ...source, tag }),
    text: 'copying',
  });
  // The digest, not the tag: another client may have moved the tag since.
  const { descriptor } = await opened.resolve(digest, options);
  const graph = await walk(from, descriptor, options);
  await send(graph);
  for (const referrer of await referrerGraphsOf(from, [graph], options)) await send(referrer);
  await sink.tag(graph.root, formatReference({ ...destination, tag }));
  await sink.commit(options);
}

/** Sends referrers of an image that were added since it was copied; those of its platforms come with a new image only. */
async function sendNewReferrers(
  source: Source,
  digest: Digest,
  {
    sink,
    send,
    signal,
  }: {
    readonly sink: Repository;
    readonly send: (graph: Graph) => Promise<void>;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const subject = { digest, mediaType: '', size: 0 };
  let isSent = false;
  for (const { descriptor } of await referrersOf(source, [subject], { signal })) {
    if (await sink.head(descriptor.digest, { signal })) continue;
    await send(await walk(source, descriptor, { signal }));
    isSent = true;
  }
  if (isSent) await sink.commit({ signal });
}
