import type { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import type { Notice } from '../wording.js';
import type { Graph } from './graph/graph.js';

/** Content as a stream of chunks of any size. */
export type Bytes = AsyncIterable<Uint8Array>;

/** A place in an open file, for content of a known size. */
export interface Place {
  /** The file, open for writing; its owner keeps it open. */
  readonly file: { readonly fd: number };
  /** Offset of the first byte. */
  readonly offset: number;
  /** Called with each number of bytes that were written. */
  readonly onWritten: (bytes: number) => void;
}

/**
 * Opens content as a stream from byte `start`. May be called any number of times, because a sink may skip, mount or
 * retry. With `start` 0 (the default) the stream is verified; otherwise the caller must verify the whole content.
 */
export interface Open {
  (start?: number): Bytes;
  /**
   * Writes the whole content, verified, at a place, from file to file on another thread. Absent, or false (and nothing
   * was written), where that is not possible: then the stream is the way.
   *
   * @throws ImageError CORRUPT; system errors of the files
   */
  readonly moveTo?: (place: Place, options?: CallOptions) => Promise<boolean>;
  /**
   * Opens it as a call does, but for a reader that has used a chunk by the time it asks for the second one after it: the
   * memory of chunks is used again. Absent where nothing would be gained.
   */
  readonly lent?: ((start?: number) => Bytes) | undefined;
}

/** Options of all long-running calls. */
export interface CallOptions {
  /** Aborts the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `Source.resolve`. */
export interface ResolveOptions extends CallOptions {
  /**
   * The descriptor of content that the caller has already, by its digest. A registry then needs not send that content
   * to describe it.
   */
  readonly known?: (digest: Digest) => Promise<Descriptor | undefined>;
}

/** A range of content, in bytes. */
export interface ReadOptions extends CallOptions {
  /** First byte wanted; 0 when omitted. */
  readonly start?: number;
  /** The byte after the last one wanted; the end of the content when omitted. */
  readonly end?: number;
  /**
   * Whether the reader has used a chunk by the time it asks for the second one after it, so that a source that `lends` uses
   * its memory again.
   */
  readonly lend?: boolean;
}

/** Callbacks for the progress of `Source.prepare`. */
export interface PrepareOptions extends CallOptions {
  /** Called once with the total number of bytes to fetch. */
  readonly onFetching?: ((bytes: number) => void) | undefined;
  /** Called with the size of each fetched chunk in bytes. */
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/** An image that cannot be read, and why. */
export interface MalformedImage {
  /** Its names, fully qualified. */
  readonly references: readonly string[];
  readonly error: ImageError;
}

/** Options of `Source.referrers`. */
export interface FindReferrersOptions extends CallOptions {
  /** Receives a notice where it is not known whether there are more referrers; without it, that is an error. */
  readonly onEvent?: ((event: Notice) => void) | undefined;
}

/**
 * Images to read from. Dispose of it when done; it may keep a file or a connection open.
 *
 * Implement `list`, `resolve`, `has` and `read`; the optional methods make some sources faster. A source's content is
 * not trusted: `copy`, `verified` and `readContent` check every byte.
 */
export interface Source extends AsyncDisposable {
  /** Location for messages: `docker-archive:./app.tar`. */
  readonly location: string;

  /** Parsing limits for its manifests; defaults when omitted. */
  readonly limits?: Limits | undefined;

  /** True when chunks that are read with `lend` are lent, which is faster for large content. */
  readonly lends?: boolean | undefined;

  /** Images that it names but that cannot be listed, because they are malformed; none when omitted. */
  readonly malformed?: readonly MalformedImage[] | undefined;

  /** Lists every image, with or without a name; an image with two names is listed twice. */
  list(options?: CallOptions): AsyncIterable<NamedDescriptor>;

  /**
   * Finds one image by its reference or digest; the only image when `reference` is omitted.
   * Reads no layers.
   *
   * @throws ImageError NOT_FOUND, AMBIGUOUS (omitted, and there are several)
   */
  resolve(reference?: string, options?: ResolveOptions): Promise<NamedDescriptor>;

  /**
   * False only when the source knows, without reading content, that it lacks the descriptor's content; and for a foreign layer
   * that it would have to look for.
   */
  has(descriptor: Descriptor, options?: CallOptions): Promise<boolean>;

  /**
   * The raw, unverified bytes; prefer `copy`, `verified` or `readContent`, which verify them.
   *
   * @throws ImageError NOT_FOUND at the first byte
   */
  read(descriptor: Descriptor, options?: ReadOptions): Bytes;

  /**
   * Announces content that will be read next, so that the source can fetch all of it at once.
   *
   * @throws ImageError as `read`
   */
  prepare?(descriptors: readonly Descriptor[], options?: PrepareOptions): Promise<void>;

  /** Reports that content of this source was damaged, so that a cache can fetch it again. */
  discard?(descriptor: Descriptor): Promise<void>;

  /**
   * Lists manifests whose `subject` is this one. Only for sources that have an index of referrers; without this method,
   * referrers are found through `list`.
   *
   * @throws ImageError UNAVAILABLE
   */
  referrers?(descriptor: Descriptor, options?: FindReferrersOptions): AsyncIterable<Descriptor>;
}

/**
 * Images to write to. Call `begin`, then `write` for each wanted node (children first), then `tag`, and for all images
 * together one `commit`; `copy` does all but the last. If disposed of without a commit, no tag becomes visible and
 * temporary files are deleted.
 */
export interface Sink extends AsyncDisposable {
  readonly location: string;

  /**
   * Announces an image.
   *
   * @returns the digests that must be written. Manifests are always included: a manifest that is present does not prove
   *   that its children are.
   * @throws ImageError NO_SPACE, UNSUPPORTED
   */
  begin(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>>;

  /** False for content that it never stores, such as foreign layers in a registry. It takes everything when omitted. */
  takes?(descriptor: Descriptor): boolean;

  /**
   * Writes one node; content that is present already is no error. The sink may call `open` as late as in `commit`.
   *
   * @throws ImageError CORRUPT (size or digest), NO_SPACE; UNAUTHORIZED, DENIED or UNAVAILABLE of a registry
   */
  write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void>;

  /**
   * Writes content whose digest is not known in advance, for example a layer that is compressed while it is sent.
   *
   * @returns its descriptor
   */
  ingest?(mediaType: string, open: Open, options?: CallOptions): Promise<Descriptor>;

  /** Tags an announced image; takes effect at commit. @throws ImageError NOT_FOUND (`begin` was not called for it) */
  tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void>;

  /**
   * Makes all written content and tags visible and durable. Call it once.
   *
   * @throws ImageError NO_SPACE; UNAUTHORIZED, DENIED or UNAVAILABLE of a registry
   */
  commit(options?: CallOptions): Promise<void>;
}

/** Storage for images: both a source and a sink. */
export interface Store extends Source, Sink {
  /** Removes a tag; the content stays until `remove`. @throws ImageError NOT_FOUND */
  untag(reference: string): Promise<void>;
  /** Removes an image and all its tags. Content that other images use stays. Idempotent. */
  remove(descriptor: Descriptor): Promise<void>;
}
