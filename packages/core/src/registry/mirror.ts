import type { RegistryClient } from '../distribution/transport/client.js';
import { HEAD_REFUSALS } from '../distribution/find-manifest.js';
import { Repository } from '../distribution/repository.js';
import { ImageError, type ErrorCode } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { isSize } from '../oci/json.js';
import { referrerOf, children, parseManifest } from '../oci/manifest.js';
import { isTag } from '../oci/reference.js';
import type { RegistryStore } from './storage/registry-store.js';
import {
  isSelected,
  pageOf,
  type StoredManifest,
  type RegistryStorage,
  type Page,
  type ReferrersOptions,
} from './hosted.js';
import { SharedWork } from '../transfer/shared-work.js';
import type { Bytes, CallOptions, ReadOptions } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';

/** After a failed request the upstream is not asked about locally stored content for this long (ms). */
const UPSTREAM_BACKOFF_MS = 10_000;
/** Errors in upstream responses that clients see as UNAVAILABLE. */
const UPSTREAM_FAILURES: ReadonlySet<ErrorCode> = new Set(['INVALID', 'UNSUPPORTED', 'TOO_LARGE']);

/**
 * A pull-through cache of an upstream registry: missing content is fetched, verified and stored. Writes stay local, and a
 * tag that was written locally is never looked up upstream. While the upstream is unavailable, local content is served.
 * A fetch is shared by all clients that wait for it, and cancelled when the last of them disconnects.
 */
export class RegistryMirror implements RegistryStorage {
  readonly location: string;
  readonly #store: RegistryStore;
  readonly #client: RegistryClient;
  readonly #prefix: string;
  readonly #manifests = new SharedWork<Descriptor | undefined>();
  readonly #blobs = new SharedWork<void>();
  /** The upstream is not asked about locally stored content until then (ms since 1970). */
  #skipUpstreamUntil = 0;

  /** @param prefix prepended to repository names upstream, for example `library/`. */
  constructor(store: RegistryStore, client: RegistryClient, prefix: string) {
    this.location = store.location;
    this.#store = store;
    this.#client = client;
    this.#prefix = prefix;
  }

  get uploads() {
    return this.#store.uploads;
  }

  repositories(page?: Page): Promise<readonly string[]> {
    return this.#store.repositories(page);
  }

  async tags(
    repository: string,
    page?: Page,
    options?: CallOptions,
  ): Promise<readonly string[] | undefined> {
    const own = await this.#store.tags(repository);
    const theirs = await this.#query(own, async () => {
      const found: string[] = [];
      for await (const tag of this.#upstreamOf(repository).tags(options)) found.push(tag);
      return found.length === 0 ? undefined : found;
    });
    const all = new Set([...(own ?? []), ...(theirs ?? [])]);
    return own || theirs ? pageOf([...all], page) : undefined;
  }

  async manifest(
    repository: string,
    reference: string,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    if (!isDigest(reference) && !isTag(reference)) return undefined;
    const own = await this.#store.manifest(repository, reference);
    if (own && (isDigest(reference) || !(await this.#isMirrored(repository, reference))))
      return own;
    const fetch = (signal: AbortSignal) => this.#fetchManifest(repository, reference, signal);
    return this.#query(own, () =>
      this.#manifests.run(`${repository} ${reference}`, fetch, options),
    );
  }

  async blob(
    repository: string,
    digest: Digest,
    options?: CallOptions,
  ): Promise<Descriptor | undefined> {
    const own = await this.#store.blob(repository, digest);
    if (own) return own;
    const fetch = (signal: AbortSignal) => this.#fetchBlob(repository, digest, signal);
    return this.#query(own, async () => {
      await this.#blobs.run(`${repository} ${digest}`, fetch, options);
      return this.#store.blob(repository, digest);
    });
  }

  read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes {
    return this.#store.read(repository, descriptor, options);
  }

  /** Merges the referrers of both registries, sorted by digest. */
  async *referrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions = {},
  ): AsyncIterable<Descriptor> {
    const theirs = await this.#upstreamReferrers(repository, digest, options);
    let at = 0;
    for await (const own of this.#store.referrers(repository, digest, options)) {
      for (; (theirs[at]?.digest ?? own.digest) < own.digest; at++) yield* theirs.slice(at, at + 1);
      if (theirs[at]?.digest === own.digest) at++;
      yield own;
    }
    yield* theirs.slice(at);
  }

  async #upstreamReferrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions,
  ): Promise<readonly Descriptor[]> {
    const found = new Map<Digest, Descriptor>();
    await this.#query(found, async () => {
      const subject = { mediaType: '', digest, size: 0 };
      for await (const each of this.#upstreamOf(repository).referrers(subject, options))
        if (isSelected(each, options)) found.set(each.digest, each);
    });
    return [...found.values()].sort((one, other) => (one.digest < other.digest ? -1 : 1));
  }

  putManifest(
    repository: string,
    manifest: StoredManifest & { readonly bytes: Uint8Array },
    tags: readonly string[],
  ): Promise<void> {
    return this.#store.putManifest(repository, manifest, tags);
  }

  mount(repository: string, digest: Digest, from?: string): Promise<boolean> {
    return this.#store.mount(repository, digest, from);
  }

  removeTag(repository: string, tag: string): Promise<boolean> {
    return this.#store.removeTag(repository, tag);
  }

  removeManifest(repository: string, digest: Digest): Promise<boolean> {
    return this.#store.removeManifest(repository, digest);
  }

  removeBlob(repository: string, digest: Digest): Promise<boolean> {
    return this.#store.removeBlob(repository, digest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#manifests[Symbol.asyncDispose]();
    await this.#blobs[Symbol.asyncDispose]();
    await this.#client[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #upstreamOf(repository: string): Repository {
    return new Repository(this.#client, `${this.#prefix}${repository}`);
  }

  async #isMirrored(repository: string, tag: string): Promise<boolean> {
    return (await this.#store.tagged(repository, tag))?.isMirrored ?? false;
  }

  /** Resolves a reference upstream. Costs one HEAD request if the tag and its manifest are already up to date here. */
  async #fetchManifest(
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<Descriptor | undefined> {
    const upstream = this.#upstreamOf(repository);
    const stored = (digest: Digest) => this.#store.manifest(repository, digest);
    const found = await upstream.find(reference, { signal, known: stored });
    if (!found) return undefined;
    const tag = isDigest(reference) ? undefined : reference;
    const known = await stored(found.digest);
    const tagged = tag === undefined ? undefined : await this.#store.tagged(repository, tag);
    if (known && tagged?.digest === found.digest) return known;
    const bytes = await readContent(upstream, found, { signal });
    const manifest = parseManifest(found.mediaType, bytes);
    const descriptor = referrerOf(found, manifest, bytes);
    const needed = children(manifest).map(({ digest }) => digest);
    const subject = manifest.subject?.digest;
    await this.#store.mirrorManifest(
      repository,
      { descriptor, subject, children: needed, bytes },
      tag,
    );
    return descriptor;
  }

  async #fetchBlob(repository: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const name = `${this.#prefix}${repository}`;
    const answer = await this.#client.request({
      method: 'HEAD',
      url: `/v2/${name}/blobs/${digest}`,
      scope: `repository:${name}:pull`,
      expected: [200, 404, ...HEAD_REFUSALS],
      signal,
    });
    await answer.dump();
    if (answer.status === 404) return;
    const length = answer.status === 200 ? Number(answer.header('content-length') ?? 0) : 0;
    // A HEAD that is refused, or that gives no length, says nothing of the blob: it is read to its end.
    const size = isSize(length) && length > 0 ? length : Infinity;
    const { uploads } = this.#store;
    const id = await uploads.start(repository);
    try {
      const blob = { mediaType: 'application/octet-stream', digest, size };
      const bytes = this.#upstreamOf(repository).read(blob, { signal });
      await uploads.append(repository, id, bytes, { signal });
      await uploads.finish(repository, id, digest);
    } catch (error) {
      await uploads.cancel(repository, id).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Queries the upstream; if that fails, falls back to the local result `own`, if any.
   *
   * @throws ImageError UNAVAILABLE (the upstream failed and there is no local result), CORRUPT
   */
  async #query<T>(own: T | undefined, work: () => Promise<T | undefined>): Promise<T | undefined> {
    if (own !== undefined && performance.now() < this.#skipUpstreamUntil) return own;
    try {
      return (await work()) ?? own;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      // Content that the upstream does not give to this mirror is reported as absent.
      if (['NOT_FOUND', 'DENIED', 'UNAUTHORIZED'].includes(error.code)) return own;
      if (error.code === 'UNAVAILABLE')
        this.#skipUpstreamUntil = performance.now() + UPSTREAM_BACKOFF_MS;
      if (own !== undefined) return own;
      throw UPSTREAM_FAILURES.has(error.code)
        ? new ImageError('UNAVAILABLE', error.message, { cause: error })
        : error;
    }
  }
}
