import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import type { Graph } from './walk.js';

export type Bytes = AsyncIterable<Uint8Array>;

/**
 * Opens content. May be called again: a sink may skip, mount or retry. From its first byte on it is verified; from
 * another one, `start`, whoever asked for that verifies the whole.
 */
export type Open = (start?: number) => Bytes;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends CallOptions {
  /** First byte wanted; 0 when omitted. */
  readonly start?: number;
  /** The byte after the last one wanted; the end of the content when omitted. */
  readonly end?: number;
}

export interface PrepareOptions extends CallOptions {
  /** Told how many bytes must be fetched for it, and of each chunk as it comes. */
  readonly onFetching?: ((bytes: number) => void) | undefined;
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/** What images are read from. Dispose it when done; it may hold a file or a connection open. */
export interface Source extends AsyncDisposable {
  /** For messages: `docker-archive:./app.tar`. */
  readonly location: string;

  /** How much is believed of its manifests; the defaults when omitted. */
  readonly limits?: Limits | undefined;

  /** Every image, named or not; an image with two names comes twice. */
  list(options?: CallOptions): AsyncIterable<NamedDescriptor>;

  /**
   * Finds one image by its reference or digest; the only image when `reference` is omitted.
   * Reads no content.
   *
   * @throws ImageError NOT_FOUND, AMBIGUOUS (omitted, and there are several)
   */
  resolve(reference?: string, options?: CallOptions): Promise<NamedDescriptor>;

  /** False only when the source can tell, without reading content, that it does not hold this. */
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>;

  /**
   * The raw bytes, unverified: go through `copy`, `verified` or `readContent`.
   *
   * @throws ImageError NOT_FOUND at the first byte
   */
  read(descriptor: Descriptor, options?: ReadOptions): Bytes;

  /**
   * Told what will be read soon, for sources that are quicker when they know.
   *
   * @throws ImageError as `read`
   */
  prepare?(descriptors: readonly Descriptor[], options?: PrepareOptions): Promise<void>;

  /** Told that what it gave was not what it should be, for sources that can get it anew the next time. */
  discard?(descriptor: Descriptor): Promise<void>;

  /** What refers to a manifest, where the source keeps an index of that; where it does not, `list` tells. */
  referrers?(descriptor: Descriptor, options?: CallOptions): AsyncIterable<Descriptor>;
}

/**
 * What images are written to: `begin`, `write` each wanted node (children first), `tag`, and for
 * all images together one `commit`. Disposed without commit, no name is visible and nothing
 * half-written stays.
 */
export interface Sink extends AsyncDisposable {
  readonly location: string;

  /**
   * Announces an image and answers what must be written. Manifests are always wanted: the presence
   * of one never proves that its children are there.
   *
   * @throws ImageError NO_SPACE, UNSUPPORTED
   */
  begin(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>>;

  /** Takes one node. Writing what is there already is no error. `open` may be kept until commit. */
  write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void>;

  /**
   * Takes content whose digest is known at its end, for sinks that can: it is made once, while it is sent.
   *
   * @returns what it was
   */
  ingest?(mediaType: string, open: Open, options?: CallOptions): Promise<Descriptor>;

  /** Names an image that was begun; takes effect at commit. @throws ImageError NOT_FOUND */
  tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void>;

  /** Makes all that was written and tagged visible and durable. Called once. */
  commit(options?: CallOptions): Promise<void>;
}

/** What images are kept in. */
export interface Store extends Source, Sink {
  /** Takes a name away; the content stays until it is removed. @throws ImageError NOT_FOUND */
  untag(reference: string): Promise<void>;
  /** Removes an image and every name of it. Content that other images use stays. Idempotent. */
  remove(descriptor: Descriptor): Promise<void>;
}
