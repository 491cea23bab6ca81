import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import type { Graph } from './graph.js';

/** Content as a stream of chunks of any size. */
export type Bytes = AsyncIterable<Uint8Array>;

/**
 * Opens content as a stream. May be called again: a sink may skip, mount or retry. With `start` 0 (the default) the stream
 * is verified; from a later byte the caller must verify the whole content.
 */
export type Open = (start?: number) => Bytes;

/** Options of every call that may take long. */
export interface CallOptions {
  /** Aborts the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A range of content, in bytes. */
export interface ReadOptions extends CallOptions {
  /** First byte wanted; 0 when omitted. */
  readonly start?: number;
  /** The byte after the last one wanted; the end of the content when omitted. */
  readonly end?: number;
}

/** Progress of content that a source fetches before it is read. */
export interface PrepareOptions extends CallOptions {
  /** Called once with the number of bytes that must be fetched. */
  readonly onFetching?: ((bytes: number) => void) | undefined;
  /** Called with the size of each chunk that was fetched. */
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/**
 * Images to read from. Dispose it when done; it may hold a file or a connection open.
 *
 * Implement `list`, `resolve`, `has` and `read`; the optional methods make some sources faster. A source's content is not
 * trusted: `copy`, `verified` and `readContent` check every byte.
 */
export interface Source extends AsyncDisposable {
  /** Location for messages: `docker-archive:./app.tar`. */
  readonly location: string;

  /** Parsing limits for its manifests; defaults when omitted. */
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
   * Announces what will be read soon, so that the source can fetch it together.
   *
   * @throws ImageError as `read`
   */
  prepare?(descriptors: readonly Descriptor[], options?: PrepareOptions): Promise<void>;

  /** Reports that content of this source was damaged, so that a cache can fetch it again. */
  discard?(descriptor: Descriptor): Promise<void>;

  /**
   * Manifests whose subject is this one, where the source keeps an index of them; without this method they are found
   * through `list`.
   */
  referrers?(descriptor: Descriptor, options?: CallOptions): AsyncIterable<Descriptor>;
}

/**
 * Images to write to. Call `begin`, then `write` for each wanted node (children first), then `tag`, and for all images
 * together one `commit`; `copy` does all but the last. Disposed without commit, no name is visible and nothing
 * half-written stays.
 */
export interface Sink extends AsyncDisposable {
  readonly location: string;

  /**
   * Announces an image.
   *
   * @returns the digests that must be written. Manifests are always wanted: their presence never proves that their children
   *   are there.
   * @throws ImageError NO_SPACE, UNSUPPORTED
   */
  begin(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>>;

  /**
   * Takes one node. Writing content that is there already is no error. `open` may be kept until commit.
   *
   * @throws ImageError CORRUPT (size or digest), NO_SPACE; UNAUTHORIZED, DENIED or UNAVAILABLE of a registry
   */
  write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void>;

  /**
   * Takes content whose digest is known only at its end, for example a layer that is compressed while it is sent.
   *
   * @returns its descriptor
   */
  ingest?(mediaType: string, open: Open, options?: CallOptions): Promise<Descriptor>;

  /** Names an image that was begun; takes effect at commit. @throws ImageError NOT_FOUND (it was not begun) */
  tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void>;

  /**
   * Makes all that was written and tagged visible and durable. Called once.
   *
   * @throws ImageError NO_SPACE; UNAUTHORIZED, DENIED or UNAVAILABLE of a registry
   */
  commit(options?: CallOptions): Promise<void>;
}

/** A place that images are kept in: both a source and a sink. */
export interface Store extends Source, Sink {
  /** Removes a name; the content stays until `remove`. @throws ImageError NOT_FOUND */
  untag(reference: string): Promise<void>;
  /** Removes an image and every name of it. Content that other images use stays. Idempotent. */
  remove(descriptor: Descriptor): Promise<void>;
}
