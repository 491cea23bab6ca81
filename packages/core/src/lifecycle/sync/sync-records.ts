import { formatRecord, parseRecord, type ImageRecord } from '../../catalog/record.js';
import { parseName } from '../../definition/name.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import { describe, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseManifest } from '../../oci/manifest.js';
import { MediaType } from '../../oci/media-types.js';
import type { Reference } from '../../oci/reference.js';
import { parseShareTag } from '../../share/share-entry.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { CallOptions, Source } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';

import { verb, wording } from '../../wording.js';

/** The repository through which machines share their archives. */
export interface SyncRepository {
  /** Opens the repository anew, once for each image. */
  readonly open: () => Repository;
  /** The source with its foreign layers, if they are wanted. */
  readonly complete: (source: Source) => Promise<Source>;
  /** The name of the repository, without a tag. */
  readonly name: Pick<Reference, 'registry' | 'repository'>;
}

/** The tag of an image's record; the image itself has the tag `name`. */
export const recordTag = (name: string): string => `${name}.record`;

const ARTIFACT = 'application/vnd.stowage.image-record.v1';
const RECORD = 'application/vnd.stowage.image-record.v1+json';
/** OCI image spec 1.1, manifest.md § Guidance for an Empty Descriptor. */
const EMPTY = Buffer.from('{}');

/** A record as an artifact: a manifest, and the blobs that it names. */
export interface RecordArtifact {
  readonly root: Descriptor;
  readonly graph: Graph;
  /** Blobs and manifest to write, the root last. */
  readonly nodes: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
}

/** The artifact of a record. */
export function artifactOf(record: ImageRecord): RecordArtifact {
  const bytes = formatRecord(record);
  const config = describe(MediaType.empty, EMPTY);
  const layer = describe(RECORD, bytes);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: ARTIFACT,
      config,
      layers: [layer],
    }),
  );
  const root = describe(MediaType.manifest, manifest);
  const documents = new Map([
    [
      root.digest,
      {
        descriptor: root,
        bytes: manifest,
        manifest: parseManifest(root.mediaType, manifest),
      },
    ],
  ]);
  return {
    root,
    graph: { root, documents, nodes: [config, layer, root], missing: [] },
    nodes: [
      { descriptor: config, bytes: EMPTY },
      { descriptor: layer, bytes },
      { descriptor: root, bytes: manifest },
    ],
  };
}

/**
 * The names of the images that have a record in the repository.
 *
 * @throws ImageError CONFLICT (the repository is a share, and something is to be deleted)
 */
export async function listSynced(
  shared: SyncRepository,
  options: CallOptions & { readonly prune?: boolean | undefined },
): Promise<ReadonlySet<string>> {
  await using repository = shared.open();
  const names = new Set<string>();
  for await (const tag of repository.tags(options)) {
    if (options.prune && parseShareTag(tag)) throw shareError(repository.location);
    const name = tag.endsWith('.record') ? tag.slice(0, -'.record'.length) : '';
    if (parseName(name)) names.add(name);
  }
  return names;
}

function shareError(location: string): ImageError {
  return new ImageError(
    'CONFLICT',
    `${location}: this is a share, from which a sync deletes nothing`,
    { location, hint: wording`${verb('pruneShare')} deletes from it by its rules.` },
  );
}

/**
 * Reads the record of an image from the repository.
 *
 * @throws ImageError NOT_FOUND, CORRUPT (no record, or another image's)
 */
export async function remoteRecord(
  repository: Repository,
  descriptor: Descriptor,
  name: string,
  options: CallOptions,
): Promise<ImageRecord> {
  const bytes = await readContent(repository, descriptor, options);
  const manifest = parseManifest(descriptor.mediaType, bytes);
  const [layer] = manifest.kind === 'image' ? manifest.layers : [];
  const location = `${repository.location}:${recordTag(name)}`;
  if (!layer) throw wrongRecord(location, 'an artifact without content');
  const record = parseRecord(await readContent(repository, layer, options), location);
  if (record.name !== name) throw wrongRecord(location, `the record of ${record.name}`);
  return record;
}

function wrongRecord(location: string, found: string): ImageError {
  return new ImageError('CORRUPT', `${location}: not the record of that image, but ${found}`, {
    location,
  });
}

/** The outcome of syncing one image. */
export interface SyncResult {
  readonly name: string;
  readonly action: 'sent' | 'received' | 'same' | 'deleted' | 'kept';
  /** Digest of the image; null if it was deleted. */
  readonly digest: Digest | null;
  /** Bytes sent over the network. */
  readonly bytes: number;
}

/** An archive with its record, as the catalog lists it. */
export interface LocalImage {
  readonly path: string;
  readonly record: ImageRecord;
  readonly pinned: boolean;
}
