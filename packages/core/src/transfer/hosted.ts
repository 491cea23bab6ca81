import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { Bytes, CallOptions, ReadOptions } from './store.js';

/** A page of a list that is sorted by its strings. */
export interface Page {
  /** What comes after this, in the order of code units; from the beginning when omitted. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** One page of a list, sorted by code units. */
export function paged(all: readonly string[], { after, limit }: Page = {}): string[] {
  const sorted = [...all].sort();
  return sorted.filter((each) => after === undefined || each > after).slice(0, limit);
}

/** A manifest, and what must be there as long as it is. */
export interface HostedManifest {
  /** With what a list of referrers shows of it. */
  readonly descriptor: Descriptor;
  readonly subject?: Digest | undefined;
  readonly children: readonly Digest[];
}

/** A manifest with its bytes. */
export interface ManifestContent extends HostedManifest {
  readonly bytes: Uint8Array;
}

/** Repositories as a registry shows them: content belongs to the repositories that it was pushed to. */
export interface Hosted extends AsyncDisposable {
  /** For messages. */
  readonly location: string;

  /** Names of repositories. */
  repositories(page?: Page): Promise<readonly string[]>;

  /** Undefined when there is no such repository. */
  tags(repository: string, page?: Page): Promise<readonly string[] | undefined>;

  /** What a tag or a digest names; of a manifest all fields that its referrers' list shows. */
  manifest(repository: string, reference: string): Promise<Descriptor | undefined>;

  /** What a repository holds under a digest, manifests among it. */
  blob(repository: string, digest: Digest): Promise<Descriptor | undefined>;

  /** The raw bytes. @throws ImageError NOT_FOUND at the first byte */
  read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes;

  /** Manifests whose subject this is, sorted by digest. */
  referrers(repository: string, digest: Digest): Promise<readonly Descriptor[]>;
}

/** Repositories that can be written. What a call acknowledged is durable, in all processes that share the storage. */
export interface Hosting extends Hosted {
  readonly uploads: Uploads;

  /**
   * Keeps a manifest, and gives it names. Its children must be there.
   *
   * @throws ImageError INCOMPLETE (a child is not there), NO_SPACE
   */
  putManifest(
    repository: string,
    manifest: ManifestContent,
    tags: readonly string[],
  ): Promise<void>;

  /** Makes a blob of one repository, or of any when none is said, one of another. @returns whether it was there */
  mount(repository: string, digest: Digest, from?: string): Promise<boolean>;

  /** Each of these answers whether it was there. */
  removeTag(repository: string, tag: string): Promise<boolean>;
  removeManifest(repository: string, digest: Digest): Promise<boolean>;
  removeBlob(repository: string, digest: Digest): Promise<boolean>;
}

export interface AppendOptions extends CallOptions {
  /** Where the client believes the upload ends, in bytes; not checked when omitted. */
  readonly at?: number | undefined;
}

/** Blobs on their way in, in as many pieces as it takes. @throws ImageError NOT_FOUND (an upload that is not there) */
export interface Uploads {
  /** @returns its ID */
  start(repository: string): Promise<string>;

  /** How many bytes are there. */
  size(repository: string, id: string): Promise<number>;

  /**
   * Adds bytes at the end. What came before a failure stays.
   *
   * @returns how many bytes are there now
   * @throws ImageError CONFLICT (the end is elsewhere, or somebody else is writing), NO_SPACE
   */
  append(
    repository: string,
    id: string,
    bytes: Bytes,
    options?: AppendOptions,
  ): Promise<number>;

  /** Makes it a blob of the repository. @throws ImageError CORRUPT (another digest: the upload is gone) */
  finish(repository: string, id: string, digest: Digest): Promise<void>;

  cancel(repository: string, id: string): Promise<void>;
}
