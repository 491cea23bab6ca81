import { ImageError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { referrerOf, children, parseManifest } from '../../oci/manifest.js';
import { isTag } from '../../oci/reference.js';
import type { RegistryStore } from '../storage/registry-store.js';
import {
  isSelected,
  pageOf,
  withoutContent,
  type BlobOptions,
  type HostedBlob,
  type StoredManifest,
  type RegistryStorage,
  type Page,
  type ReferrersOptions,
} from '../hosted.js';
import { SharedWork } from '../../transfer/shared-work.js';
import type { Bytes, CallOptions, ReadOptions } from '../../transfer/store.js';
import { readContent } from '../../transfer/verified.js';
import { BlobFetches } from './blob-fetches.js';
import { describeBlob } from './describe-blob.js';
import { Upstream, type UpstreamOptions } from './upstream.js';

/**
 * A pull-through cache of upstream registries: missing content is fetched, verified and stored. Repositories below the
 * name of an upstream are its own, all others are those of the upstream without a name, if there is one. Writes stay
 * local, and a tag that was written locally is never looked up upstream. While an upstream is unavailable, local content
 * is served. A fetch is shared by all clients that wait for it, and stopped when the last of them disconnects.
 */
export class RegistryMirror implements RegistryStorage {
  readonly location: string;
  readonly space: RegistryStorage['space'] = (...which) => this.#store.space(...which);
  readonly #store: RegistryStore;
  readonly #upstreams: readonly Upstream[];
  readonly #manifests = new SharedWork<Descriptor | undefined>();
  readonly #blobs: BlobFetches;

  /** @throws ImageError USAGE (two upstreams with one name, or a name that is not that of a registry) */
  constructor(store: RegistryStore, upstreams: readonly UpstreamOptions[]) {
    this.location = store.location;
    this.#store = store;
    this.#blobs = new BlobFetches(store);
    this.#upstreams = upstreams.map((options) => new Upstream(options));
    if (new Set(this.#upstreams.map(({ component }) => component)).size < upstreams.length)
      throw new ImageError('USAGE', 'upstream: two have the same name, or none', {
        hint: 'Give each another name, as in quay.io=https://quay.io; only one may be without a name.',
      });
  }

  /** The first components of the repositories that belong to an upstream with a name. */
  get namespaces(): ReadonlySet<string> {
    return new Set(this.#upstreams.flatMap(({ component }) => component ?? []));
  }

  /** The content that is stored here, without the upstreams. */
  get local(): RegistryStore {
    return this.#store;
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
    const isExistence = page?.limit === 0;
    if (own && isExistence) return [];
    const upstream = this.#upstreamOf(repository);
    const theirs = await upstream?.ask(own, async () => {
      const found: string[] = [];
      for await (const tag of upstream.of(repository).source.tags(options)) {
        found.push(tag);
        if (isExistence) break;
      }
      return found.length === 0 ? undefined : found;
    });
    const all = new Set([...(own ?? []), ...(theirs ?? [])]);
    return own || theirs ? pageOf([...all], page) : undefined;
  }

  async manifest(
    repository: string,
    reference: string,
    options?: CallOptions,
  ): Promise<HostedBlob | undefined> {
    if (!isDigest(reference) && !isTag(reference)) return undefined;
    const own = await this.#store.manifest(repository, reference);
    if (own && (isDigest(reference) || !(await this.#isMirrored(repository, reference))))
      return own;
    const upstream = this.#upstreamOf(repository);
    if (!upstream) return own;
    const fetch = (signal: AbortSignal) => this.#fetchManifest(repository, reference, signal);
    // With a local result the client does not wait for long, so the work must not end with its request.
    return upstream.ask(own, () =>
      this.#manifests.run(`${repository} ${reference}`, fetch, own ? {} : options),
    );
  }

  async blob(
    repository: string,
    digest: Digest,
    options: BlobOptions = {},
  ): Promise<HostedBlob | undefined> {
    const own = await this.#store.blob(repository, digest);
    const asked = this.#upstreamOf(repository);
    if (own || !asked) return own;
    const upstream = asked.of(repository);
    return asked.ask<HostedBlob>(own, () =>
      options.isRead === false
        ? describeBlob(upstream, digest, options)
        : this.#blobs.join({ repository, digest, upstream }, options),
    );
  }

  async *read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes {
    const arriving = this.#blobs.arriving(repository, descriptor.digest, options);
    yield* arriving ?? this.#store.read(repository, descriptor, options);
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
    const upstream = this.#upstreamOf(repository);
    await upstream?.ask(found, async () => {
      const subject = { mediaType: '', digest, size: 0 };
      for await (const each of upstream.of(repository).source.referrers(subject, options))
        if (isSelected(each, options)) found.set(each.digest, each);
    });
    return [...found.values()].sort((one, other) => (one.digest < other.digest ? -1 : 1));
  }

  /** Blobs that clients found upstream, and therefore did not push, are fetched. */
  async putManifest(
    repository: string,
    manifest: StoredManifest & { readonly bytes: Uint8Array },
    tags: readonly string[],
  ): Promise<void> {
    await this.#fetchChildren(repository, manifest.children);
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
    for (const upstream of this.#upstreams) await upstream[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #upstreamOf(repository: string): Upstream | undefined {
    const [first = '', ...rest] = repository.split('/');
    const named = this.#upstreams.find(({ component }) => component === first);
    // A name without more components is a repository of the default.
    if (named && rest.length > 0) return named;
    return this.#upstreams.find(({ component }) => component === undefined);
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
    const upstream = this.#upstreamOf(repository)?.of(repository).source;
    if (!upstream) return undefined;
    const stored = async (digest: Digest) =>
      withoutContent(await this.#store.manifest(repository, digest));
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

  async #fetchChildren(repository: string, digests: readonly Digest[]): Promise<void> {
    const asked = this.#upstreamOf(repository);
    for (const digest of new Set(digests)) {
      if (!asked || (await this.#store.blob(repository, digest))) continue;
      const upstream = asked.of(repository);
      try {
        await this.#blobs.complete({ repository, digest, upstream });
      } catch (error) {
        if (!(error instanceof ImageError) || error.code === 'NO_SPACE') throw error;
        // The store reports what is missing.
        return;
      }
    }
  }
}
