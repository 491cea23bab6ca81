import { rm } from 'node:fs/promises';
import { requireSpace } from '../disk/free-space.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import type { Limits } from '../oci/limits.js';
import { isManifestType } from '../oci/media-types.js';
import { parseReference } from '../oci/reference.js';
import { readAll, verified } from '../transfer/verified.js';
import { forEachOf } from '../transfer/for-each-of.js';
import type { Bytes, CallOptions, PrepareOptions, ReadOptions, Source } from '../transfer/store.js';
import { tap } from '../transfer/tap.js';
import { BlobDir } from './blob-dir.js';
import { readImage, writeName } from './names.js';
import { blobFile } from './paths.js';
import { resumable, resumeBlob } from './resume-blob.js';

/** From this size on (bytes) it pays to keep what a broken fetch has brought. */
const LARGE = 1024 * 1024;

/**
 * A source seen through a cache on disk: each blob is fetched once, for all processes of this machine. What is named
 * by its digest and was here before needs no connection, so the source is opened when it is first needed.
 */
export class CachedSource implements Source {
  readonly location: string;
  readonly limits: Limits | undefined;
  readonly #root: string;
  readonly #blobs: BlobDir;
  readonly #open: () => Promise<Source>;
  #opened: Promise<Source> | undefined;
  readonly #keeps: boolean;
  /** Bytes that came from the source and not from the cache. */
  received = 0;

  constructor(
    root: string,
    {
      location,
      limits,
      open,
      keeps = true,
    }: {
      readonly location: string;
      readonly limits?: Limits | undefined;
      readonly open: () => Promise<Source>;
      /** False keeps only what is small: manifests, configs. */
      readonly keeps?: boolean | undefined;
    },
  ) {
    this.location = location;
    this.limits = limits;
    this.#root = root;
    this.#blobs = new BlobDir(root, { privateTo: root });
    this.#open = open;
    this.#keeps = keeps;
  }

  async *list(options?: CallOptions): AsyncIterable<NamedDescriptor> {
    yield* (await this.#source()).list(options);
  }

  /** A tag may have moved, so the source is asked; a digest is known once and for all. */
  async resolve(reference?: string, options?: CallOptions): Promise<NamedDescriptor> {
    const known = digestIn(reference);
    const found =
      (known && (await this.#remembered(known))) ??
      (await (await this.#source()).resolve(reference, options));
    await this.#fetch(found.descriptor, options);
    await writeName(this.#root, found.descriptor, found.reference);
    return found;
  }

  /** Only asking would tell, and reading does that. */
  async has(): Promise<boolean> {
    return true;
  }

  async *read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const isPassing = !this.#keeps && descriptor.size >= LARGE;
    if (isPassing && !(await this.#blobs.has(descriptor))) {
      const source = await this.#source();
      yield* tap(source.read(descriptor, options), ({ byteLength }) => {
        this.received += byteLength;
      });
      return;
    }
    await this.#fetch(descriptor, options);
    if (descriptor.size < LARGE) await this.#heal(descriptor, options);
    yield* this.#blobs.read(descriptor, options);
  }

  /** What is small is looked at before anybody is told that it is damaged: it can be had again at once. */
  async #heal(descriptor: Descriptor, { signal }: CallOptions): Promise<void> {
    try {
      await readAll(verified(this.#blobs.read(descriptor, { signal }), descriptor), LARGE);
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== 'CORRUPT') throw error;
      await this.discard(descriptor);
      await this.#fetch(descriptor, { signal });
    }
  }

  async prepare(
    descriptors: readonly Descriptor[],
    { signal, onFetching, onFetched }: PrepareOptions = {},
  ): Promise<void> {
    if (!this.#keeps) return;
    const missing: Descriptor[] = [];
    let bytes = 0;
    for (const descriptor of descriptors) {
      if (await this.#blobs.has(descriptor)) {
        await this.#blobs.touch(descriptor);
        continue;
      }
      missing.push(descriptor);
      bytes += descriptor.size - (await resumable(this.#root, descriptor));
    }
    await requireSpace(this.#root, bytes);
    onFetching?.(bytes);
    await forEachOf(missing, { concurrency: 4, signal }, (descriptor, stop) =>
      this.#fetch(descriptor, { signal: stop, onFetched }),
    );
  }

  async discard({ digest }: Descriptor): Promise<void> {
    await rm(blobFile(this.#root, digest), { force: true });
  }

  async *referrers(descriptor: Descriptor, options?: CallOptions): AsyncIterable<Descriptor> {
    yield* (await this.#source()).referrers?.(descriptor, options) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]();
  }

  #source(): Promise<Source> {
    return (this.#opened ??= this.#open());
  }

  async #remembered(digest: Digest): Promise<NamedDescriptor | undefined> {
    const descriptor = await readImage(this.#root, digest);
    return descriptor && (await this.#blobs.has(descriptor)) ? { descriptor } : undefined;
  }

  async #fetch(
    descriptor: Descriptor,
    { signal, onFetched }: Pick<PrepareOptions, 'signal' | 'onFetched'> = {},
  ): Promise<void> {
    if (await this.#blobs.has(descriptor)) return;
    const source = await this.#source();
    const content = (start = 0): Bytes =>
      tap(source.read(descriptor, { start, signal }), ({ byteLength }) => {
        this.received += byteLength;
        onFetched?.(byteLength);
      });
    if (descriptor.size < LARGE || isManifestType(descriptor.mediaType))
      await this.#blobs.put(descriptor, content, { signal });
    else
      await resumeBlob(this.#root, descriptor, content, {
        signal,
        isThere: () => this.#blobs.has(descriptor),
      });
  }
}

function digestIn(reference: string | undefined): Digest | undefined {
  if (reference === undefined || isDigest(reference)) return reference;
  return parseReference(reference).digest;
}
