import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { Bytes, CallOptions, ReadOptions } from '../transfer/store.js';

/** Selects a page of a list that is sorted by UTF-16 code units. */
export interface Page {
  /** The page starts after this entry; at the beginning when omitted. */
  readonly after?: string | undefined;
  /** Maximum number of entries; unlimited when omitted. */
  readonly limit?: number | undefined;
}

/** Sorts a list by UTF-16 code units and returns one page of it. */
export function pageOf(all: readonly string[], { after, limit }: Page = {}): string[] {
  const sorted = [...all].sort();
  return sorted.filter((each) => after === undefined || each > after).slice(0, limit);
}

/** A manifest of a registry, and the manifests and blobs that must exist as long as it does. */
export interface StoredManifest {
  /** Includes the artifact type; annotations may be missing, as they are read from the manifest. */
  readonly descriptor: Descriptor;
  readonly subject?: Digest | undefined;
  readonly children: readonly Digest[];
}

/** A manifest with its bytes. */
export interface ManifestContent extends StoredManifest {
  readonly bytes: Uint8Array;
}

/** Selects entries of a list of referrers. */
export interface ReferrersOptions extends CallOptions {
  /** Only digests after this one; from the beginning when omitted. */
  readonly after?: string | undefined;
  /** Only referrers of this artifact type. */
  readonly artifactType?: string | undefined;
}

/** Whether an entry of a list of referrers is selected. */
export function isSelected(
  { digest, artifactType }: Descriptor,
  { after, artifactType: wanted }: ReferrersOptions,
): boolean {
  return (
    (after === undefined || digest > after) && (wanted === undefined || artifactType === wanted)
  );
}

/** The content of a repository. */
export interface RepositorySpace {
  /** In bytes; each blob and manifest counts once. */
  readonly bytes: number;
  /** The number of blobs and manifests. */
  readonly blobs: number;
}

/**
 * The repositories that a registry serves, for reading. Content belongs to the repositories it was pushed to. An aborted
 * signal ends only the call it was given to; work shared with other calls continues.
 */
export interface RegistryReader extends AsyncDisposable {
  /** Location, for messages. */
  readonly location: string;

  /** The same repositories with only that content which needs no fetch; for readers that fetch some. */
  readonly local?: RegistryReader | undefined;

  /** Lists the names of repositories. */
  repositories(page?: Page): Promise<readonly string[]>;

  /** Lists the tags of a repository; undefined when it does not exist. */
  tags(
    repository: string,
    page?: Page,
    options?: CallOptions,
  ): Promise<readonly string[] | undefined>;

  /** Resolves a tag or a digest to a manifest: at least its media type, digest and size. */
  manifest(
    repository: string,
    reference: string,
    options?: CallOptions,
  ): Promise<HostedBlob | undefined>;

  /**
   * Finds content of a repository by its digest, manifests included. Content that is not here yet is fetched until the
   * signals of all calls for it are aborted.
   */
  blob(repository: string, digest: Digest, options?: BlobOptions): Promise<HostedBlob | undefined>;

  /** Reads the raw bytes of content that the repository holds. @throws ImageError NOT_FOUND at the first byte */
  read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes;

  /**
   * Measures what a repository holds; undefined when it has more than `most` blobs, manifests included. What others share
   * with it counts, too.
   */
  space(repository: string, most: number): Promise<RepositorySpace | undefined>;

  /**
   * Lists manifests whose subject is this one, sorted by digest, with artifact type and annotations (OCI distribution
   * spec 1.1, § Listing Referrers). Manifests are read lazily, one per iteration.
   */
  referrers(
    repository: string,
    digest: Digest,
    options?: ReferrersOptions,
  ): AsyncIterable<Descriptor>;
}

/**
 * Repositories that clients can write. When a call returns, its change is durable and visible to all processes that share
 * the storage.
 */
export interface RegistryStorage extends RegistryReader {
  readonly uploads: Uploads;

  /**
   * Stores a manifest and its tags. Its children must exist.
   *
   * @throws ImageError INCOMPLETE (a child is missing), NO_SPACE
   */
  putManifest(
    repository: string,
    manifest: ManifestContent,
    tags: readonly string[],
  ): Promise<void>;

  /**
   * Adds a blob of repository `from`, or of any repository when omitted, to another repository. @returns whether it existed
   */
  mount(repository: string, digest: Digest, from?: string): Promise<boolean>;

  /** Removes a tag. @returns whether it existed */
  removeTag(repository: string, tag: string): Promise<boolean>;
  /** Removes a manifest with its tags. @returns whether it existed */
  removeManifest(repository: string, digest: Digest): Promise<boolean>;
  /** Removes a blob from one repository. @returns whether it existed */
  removeBlob(repository: string, digest: Digest): Promise<boolean>;
}

/** The `cause` of NO_SPACE where not the disk is full but a limit is reached. */
export interface SpaceLimit {
  /** In bytes. */
  readonly limit: number;
  /** The path of repositories that it is for; the whole registry when omitted. */
  readonly below?: string | undefined;
}

/** Options for finding a blob. */
export interface BlobOptions extends CallOptions {
  /** The blob is only described, not read afterwards: a mirror does not fetch it. */
  readonly isRead?: false | undefined;
}

/** A blob as a registry serves it. Its size is infinite while nobody knows it. */
export interface HostedBlob extends Descriptor {
  /** Its content is still arriving: `read` waits for it, and fails at the end if it is not that of the digest. */
  readonly isArriving?: boolean | undefined;
  /**
   * Its content, where reading it takes no further check: the bytes, or the path of a file that is never changed, but may be
   * deleted. When omitted, it is read with `read`.
   */
  readonly content?: Uint8Array | string | undefined;
}

/** The descriptor alone, to be stored or sent. */
export function withoutContent(blob: HostedBlob | undefined): Descriptor | undefined {
  if (!blob) return undefined;
  const { content: _, isArriving: __, ...descriptor } = blob;
  return descriptor;
}

/** Options for appending a chunk to an upload. */
export interface AppendOptions extends CallOptions {
  /** Called with the size of the upload when bytes have been written, so that they can be read while more arrive. */
  readonly onWritten?: ((size: number) => void) | undefined;
  /** Expected size of the upload so far, in bytes; not checked when omitted. */
  readonly at?: number | undefined;
}

/** Uploads of blobs, each in any number of chunks. @throws ImageError NOT_FOUND (no such upload) */
export interface Uploads {
  /** Starts an upload. @returns its ID */
  start(repository: string): Promise<string>;

  /** Returns the number of bytes received so far. */
  size(repository: string, id: string): Promise<number>;

  /**
   * Appends bytes. Bytes received before a failure are kept, except that an upload for which there is no space is
   * deleted: what it holds would fill the disk until it is given up.
   *
   * @returns the number of bytes received so far
   * @throws ImageError CONFLICT (`at` is not the current size, or another request is writing), NO_SPACE
   */
  append(repository: string, id: string, bytes: Bytes, options?: AppendOptions): Promise<number>;

  /**
   * Completes an upload: it becomes a blob of the repository. @throws ImageError CORRUPT (the digest differs; the upload
   * is deleted)
   */
  finish(repository: string, id: string, digest: Digest): Promise<void>;

  /** Cancels and deletes an upload. */
  cancel(repository: string, id: string): Promise<void>;
}
