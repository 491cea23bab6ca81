import { debug } from '../debug.js';
import { rm } from '../disk/busy/retried.js';
import { requireSpace } from '../disk/free-space.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { isForeignLayerType, isManifestType } from '../oci/media-types.js';
import { parseReference } from '../oci/reference.js';
import { readAll, verified } from '../transfer/verified.js';
import { forEachOf } from '../transfer/for-each-of.js';
import type {
  Bytes,
  CallOptions,
  PrepareOptions,
  ReadOptions,
  FindReferrersOptions,
  Source,
} from '../transfer/store.js';
import { tap } from '../transfer/tap.js';
import { BlobDir } from './blob-dir.js';
import { readImage, writeNames } from './names.js';
import { blobFile } from './paths.js';
import { partialSize, resumeBlob } from './resume-blob.js';

/** Interrupted fetches are resumed for blobs of at least this size (bytes), but for manifests. */
const RESUMABLE_BYTES = 1024 * 1024;

/**
 * Reads a source through a cache on disk: each blob is fetched once, for all processes of this machine. The source is
 * opened on first need: a cached image that is requested by digest needs no connection.
 */
export class CachedSource implements Source {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly lends = true;
  readonly #root: string;
  readonly #blobs: BlobDir;
  readonly #open: () => Promise<Source>;
  #opened: Promise<Source> | undefined;
  readonly #keeps: boolean;
  readonly #foreignLayers: boolean;
  /** Bytes fetched from the source so far; reads from the cache do not count. */
  received = 0;

  constructor(
    root: string,
    {
      location,
      limits,
      open,
      keeps = true,
      foreignLayers = false,
    }: {
      readonly location: string;
      readonly limits?: Limits | undefined;
      readonly open: () => Promise<Source>;
      /** `false` caches only blobs below 1 MiB, such as manifests and configs; the default is `true`. */
      readonly keeps?: boolean | undefined;
      /** Whether the source has all foreign layers; it has none when omitted. */
      readonly foreignLayers?: boolean | undefined;
    },
  ) {
    this.location = location;
    this.limits = limits;
    this.#root = root;
    this.#blobs = new BlobDir(root, { privateTo: root, isSynced: false });
    this.#open = open;
    this.#keeps = keeps;
    this.#foreignLayers = foreignLayers;
  }

  async *list(options?: CallOptions): AsyncIterable<NamedDescriptor> {
    yield* (await this.#source()).list(options);
  }

  /** Resolves a tag at the source, as it may have moved; a cached digest is resolved locally. */
  async resolve(reference?: string, options?: CallOptions): Promise<NamedDescriptor> {
    const known = digestIn(reference);
    const found =
      (known && (await this.#findCached(known))) ??
      (await (
        await this.#source()
      ).resolve(reference, {
        ...options,
        known: (digest) => this.#descriptorOf(digest),
      }));
    await this.#fetch(found.descriptor, options);
    await writeNames(this.#root, [found], { signal: options?.signal, isSynced: false });
    return found;
  }

  /** True but for foreign layers that neither the cache nor the source has: `read` reports NOT_FOUND. */
  async has(descriptor: Descriptor): Promise<boolean> {
    if (this.#foreignLayers || !isForeignLayerType(descriptor.mediaType)) return true;
    return this.#blobs.has(descriptor);
  }

  async *read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const isUncached = !this.#keeps && descriptor.size >= RESUMABLE_BYTES;
    if (isUncached && !(await this.#blobs.has(descriptor))) {
      const source = await this.#source();
      yield* tap(source.read(descriptor, options), ({ byteLength }) => {
        this.received += byteLength;
      });
      return;
    }
    await this.#fetch(descriptor, options);
    if (isResumable(descriptor)) yield* this.#blobs.read(descriptor, options);
    else yield (await this.#readVerified(descriptor, options)).subarray(options.start, options.end);
  }

  /** Reads a manifest or a small blob from the cache; if it is damaged, it is fetched again. */
  async #readVerified(descriptor: Descriptor, { signal }: CallOptions): Promise<Uint8Array> {
    const read = () =>
      readAll(verified(this.#blobs.read(descriptor, { signal }), descriptor), descriptor.size);
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== 'CORRUPT') throw error;
      await this.discard(descriptor);
      await this.#fetch(descriptor, { signal });
      return read();
    }
  }

  async prepare(
    descriptors: readonly Descriptor[],
    { signal, onFetching, onFetched }: PrepareOptions = {},
  ): Promise<void> {
    // Small blobs are cached in any case, and fetched one after the other when they are read.
    if (!this.#keeps)
      return this.#fetchAll(
        descriptors.filter(({ size }) => size < RESUMABLE_BYTES),
        { signal },
      );
    const missing: Descriptor[] = [];
    let bytes = 0;
    for (const descriptor of descriptors) {
      if (await this.#blobs.has(descriptor)) {
        await this.#blobs.touch(descriptor);
        continue;
      }
      missing.push(descriptor);
      bytes += descriptor.size - (await partialSize(this.#root, descriptor));
    }
    await requireSpace(this.#root, bytes);
    onFetching?.(bytes);
    await this.#fetchAll(missing, { signal, onFetched });
  }

  async #fetchAll(
    descriptors: readonly Descriptor[],
    { signal, onFetched }: Pick<PrepareOptions, 'signal' | 'onFetched'>,
  ): Promise<void> {
    await forEachOf(descriptors, { concurrency: 4, signal }, (descriptor, stop) =>
      this.#fetch(descriptor, { signal: stop, onFetched }),
    );
  }

  async discard({ digest }: Descriptor): Promise<void> {
    await rm(blobFile(this.#root, digest), { force: true });
  }

  async *referrers(
    descriptor: Descriptor,
    options?: FindReferrersOptions,
  ): AsyncIterable<Descriptor> {
    yield* (await this.#source()).referrers?.(descriptor, options) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]();
  }

  #source(): Promise<Source> {
    return (this.#opened ??= this.#open());
  }

  async #findCached(digest: Digest): Promise<NamedDescriptor | undefined> {
    const descriptor = await this.#descriptorOf(digest);
    return descriptor && { descriptor };
  }

  async #descriptorOf(digest: Digest): Promise<Descriptor | undefined> {
    const descriptor = readImage(this.#root, digest);
    return descriptor && (await this.#blobs.has(descriptor)) ? descriptor : undefined;
  }

  async #fetch(
    descriptor: Descriptor,
    { signal, onFetched }: Pick<PrepareOptions, 'signal' | 'onFetched'> = {},
  ): Promise<void> {
    if (await this.#blobs.has(descriptor)) {
      debug('cache', () => `${descriptor.digest}: cached`);
      return;
    }
    debug('cache', () => `${descriptor.digest}: fetching ${descriptor.size} bytes`);
    const source = await this.#source();
    const onBytes = (bytes: number): void => {
      this.received += bytes;
      onFetched?.(bytes);
    };
    const opens =
      (lend = false) =>
      (start = 0): Bytes =>
        tap(source.read(descriptor, { start, lend, signal }), ({ byteLength }) =>
          onBytes(byteLength),
        );
    const content = Object.assign(opens(), source.lends === true ? { lent: opens(true) } : {});
    if (!isResumable(descriptor)) await this.#blobs.put(descriptor, content, { signal });
    else
      await resumeBlob(this.#root, descriptor, content, {
        signal,
        isPresent: () => this.#blobs.has(descriptor),
      });
  }
}

/** Whether a blob is fetched in steps, and not verified again when it is read. Nothing waits until others are on the disk. */
function isResumable({ mediaType, size }: Descriptor): boolean {
  return size >= RESUMABLE_BYTES && !isManifestType(mediaType);
}

function digestIn(reference: string | undefined): Digest | undefined {
  if (reference === undefined || isDigest(reference)) return reference;
  return parseReference(reference).digest;
}
