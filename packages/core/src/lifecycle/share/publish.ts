import { openArchive } from '../../archive/open-archive.js';
import { spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import type { ShareRepository } from '../../definition/settings/share-settings.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import { describe } from '../../oci/descriptor.js';
import { parseManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import { formatReference } from '../../oci/reference.js';
import { shareAccess } from '../../share/share-access.js';
import { formatEntry, shareTag, type ShareEntry } from '../../share/share-entry.js';
import { copyGraph } from '../../transfer/copy.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { walk } from '../../transfer/graph/walk.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { readEntry, type FoundShared, type ShareKey } from './find-shared.js';
import { withShare } from './with-share.js';

/** An image to publish: its archive, and its record. */
export interface Publication extends ShareKey {
  /** Path of the archive. */
  readonly path: string;
  readonly record: ImageRecord;
}

/**
 * Publishes an image under its key, if this process writes to the share. The first writer of a key wins: nothing that is
 * there is replaced. Content that the repository has is not sent again.
 *
 * @returns the entry that the share has now, which may be that of another machine; undefined if it did not take ours and
 *   has none
 * @throws ImageError NAMING, UNAVAILABLE (the share is required); CORRUPT (the archive)
 */
export async function publish(
  workspace: Workspace,
  image: Publication,
  options: VerbOptions,
): Promise<FoundShared | undefined> {
  const to = shareAccess(workspace.settings.share, workspace.surroundings.env)?.write;
  if (!to) return undefined;
  const text = `publishing to ${formatReference(to)}`;
  const entry = await withShare(
    workspace,
    to,
    { ...options, purpose: 'moving' },
    async (repository) => {
      const there = await readEntry(repository, image, options);
      // Nothing replaces a key, not even a wrong entry.
      if (there) return there === 'wrong' ? undefined : there;
      options.onEvent?.({ type: 'step', subject: image.name, text });
      return await send(workspace, { image, to, repository }, options);
    },
  );
  return entry && { entry, from: to };
}

interface Sending {
  readonly image: Publication;
  readonly to: ShareRepository;
  readonly repository: Repository;
}

async function send(
  { place, surroundings }: Workspace,
  { image, to, repository }: Sending,
  options: VerbOptions,
): Promise<ShareEntry | undefined> {
  const { name, key, record, path } = image;
  const opened = await openArchive(path, { spoolFolder: spoolFolder(place) });
  await using source = opened.source;
  const { descriptor } = await source.resolve(record.digest, options);
  const created = new Date(surroundings.now()).toISOString();
  const graph = await walk(source, descriptor, options);
  const whole = withEntry(graph, { key, record, child: graph.root, created });
  await copyGraph(source, whole, repository, { ...options, as: name });
  const { registry, repository: repositoryName } = to;
  const tag = shareTag(name, key);
  await repository.tag(whole.root, formatReference({ registry, repository: repositoryName, tag }));
  try {
    await repository.commit(options);
  } catch (error) {
    // Another machine may have written the tag meanwhile, and the registry may refuse to change it.
    const there = await readEntry(repository, image, options).catch(() => undefined);
    if (there && there !== 'wrong' && error instanceof ImageError) return there;
    throw error;
  }
  // Two machines may have written at once: all take what the tag names now.
  const now = await readEntry(repository, image, options);
  return now === 'wrong' ? undefined : now;
}

/** The graph of an image with the index of its entry as the root. */
function withEntry(graph: Graph, entry: ShareEntry): Graph {
  const bytes = formatEntry(entry);
  const root = describe(MediaType.index, bytes);
  const document = { descriptor: root, bytes, manifest: parseManifest(root.mediaType, bytes) };
  return {
    root,
    documents: new Map([...graph.documents, [root.digest, document]]),
    nodes: [...graph.nodes, root],
    missing: [],
  };
}
