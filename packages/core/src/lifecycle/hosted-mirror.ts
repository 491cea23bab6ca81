import type { RegistryClient } from '../distribution/client.js';
import { Repository } from '../distribution/repository.js';
import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { asReferrer, children, parseManifest } from '../oci/manifest.js';
import { isTag } from '../oci/reference.js';
import type { HostedStore } from '../store/hosted-store.js';
import {
  isWanted,
  paged,
  type HostedManifest,
  type Hosting,
  type Page,
  type ReferrersOptions,
} from '../transfer/hosted.js';
import { readContent } from '../transfer/verified.js';
import type { Bytes, ReadOptions } from '../transfer/store.js';

/** How long a registry that does not answer is left alone (ms). */
const AWAY = 10_000;

/**
 * A registry's folder in front of another registry: what is missing comes from there, is verified and kept. Writes
 * stay here, and what was written here is never asked for there. While the other one is away, what is here is served.
 */
export class HostedMirror implements Hosting {
  readonly location: string;
  readonly #store: HostedStore;
  readonly #client: RegistryClient;
  readonly #prefix: string;
  /** What is being fetched: many may wait for it. */
  readonly #fetching = new Map<string, Promise<unknown>>();
  /** Until when it is not asked again about what is here (ms since 1970). */
  #awayUntil = 0;

  /** @param prefix before the names of repositories there: `library/`. */
  constructor(store: HostedStore, client: RegistryClient, prefix: string) {
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

  async tags(repository: string, page?: Page): Promise<readonly string[] | undefined> {
    const own = await this.#store.tags(repository);
    const theirs = await this.#asked(own, async () => {
      const found: string[] = [];
      // A name that no registry may have is no tag, whoever says so.
      for await (const tag of this.#there(repository).tags()) if (isTag(tag)) found.push(tag);
      return found.length === 0 ? undefined : found;
    });
    const all = new Set([...(own ?? []), ...(theirs ?? [])]);
    return own || theirs ? paged([...all], page) : undefined;
  }

  async manifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    const own = await this.#store.manifest(repository, reference);
    if (own && (isDigest(reference) || !(await this.#isMirrored(repository, reference))))
      return own;
    return this.#asked(own, () =>
      this.#once(`${repository} ${reference}`, () => this.#fetchManifest(repository, reference)),
    );
  }

  async blob(repository: string, digest: Digest): Promise<Descriptor | undefined> {
    const own = await this.#store.blob(repository, digest);
    if (own) return own;
    return this.#asked(own, async () => {
      await this.#once(`${repository} ${digest}`, () => this.#fetchBlob(repository, digest));
      return this.#store.blob(repository, digest);
    });
  }

  read(repository: string, descriptor: Descriptor, options?: ReadOptions): Bytes {
    return this.#store.read(repository, descriptor, options);
  }

  /** Those of both registries, in the order of their digests. */
  async *referrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions = {},
  ): AsyncIterable<Descriptor> {
    const theirs = await this.#theirReferrers(repository, digest, options);
    let at = 0;
    for await (const own of this.#store.referrers(repository, digest, options)) {
      for (; (theirs[at]?.digest ?? own.digest) < own.digest; at++) yield* theirs.slice(at, at + 1);
      if (theirs[at]?.digest === own.digest) at++;
      yield own;
    }
    yield* theirs.slice(at);
  }

  async #theirReferrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions,
  ): Promise<readonly Descriptor[]> {
    const found = new Map<Digest, Descriptor>();
    await this.#asked(found, async () => {
      const subject = { mediaType: '', digest, size: 0 };
      for await (const each of this.#there(repository).referrers(subject))
        if (isWanted(each, options)) found.set(each.digest, each);
    });
    return [...found.values()].sort((one, other) => (one.digest < other.digest ? -1 : 1));
  }

  putManifest(
    repository: string,
    manifest: HostedManifest & { readonly bytes: Uint8Array },
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
    await Promise.allSettled(this.#fetching.values());
    await this.#client[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #there(repository: string): Repository {
    const { registry } = this.#client;
    return new Repository(this.#client, { registry, repository: `${this.#prefix}${repository}` });
  }

  async #isMirrored(repository: string, tag: string): Promise<boolean> {
    return (await this.#store.tagged(repository, tag))?.isMirrored ?? false;
  }

  /** A tag that names what is here already costs one HEAD. */
  async #fetchManifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    const there = this.#there(repository);
    const found = await there.find(reference);
    if (!found) return undefined;
    const tag = isDigest(reference) ? undefined : reference;
    const known = await this.#store.manifest(repository, found.digest);
    const tagged = tag === undefined ? undefined : await this.#store.tagged(repository, tag);
    if (known && tagged?.digest === found.digest) return known;
    const bytes = await readContent(there, found);
    const manifest = parseManifest(found.mediaType, bytes);
    const descriptor = asReferrer(found, manifest, bytes);
    const needed = children(manifest).map(({ digest }) => digest);
    const subject = manifest.subject?.digest;
    await this.#store.mirrorManifest(
      repository,
      { descriptor, subject, children: needed, bytes },
      tag,
    );
    return descriptor;
  }

  async #fetchBlob(repository: string, digest: Digest): Promise<void> {
    const name = `${this.#prefix}${repository}`;
    const answer = await this.#client.request({
      method: 'HEAD',
      url: `/v2/${name}/blobs/${digest}`,
      scope: `repository:${name}:pull`,
      expected: [200, 404],
    });
    await answer.dump();
    const size = Number(answer.header('content-length'));
    if (answer.status === 404 || !Number.isSafeInteger(size)) return;
    const { uploads } = this.#store;
    const id = await uploads.start(repository);
    try {
      const blob = { mediaType: 'application/octet-stream', digest, size };
      await uploads.append(repository, id, this.#there(repository).read(blob));
      await uploads.finish(repository, id, digest);
    } catch (error) {
      await uploads.cancel(repository, id).catch(() => undefined);
      throw error;
    }
  }

  /** Of many who want the same at once, one fetches it. */
  async #once<T>(key: string, fetch: () => Promise<T>): Promise<T> {
    const known = this.#fetching.get(key) as Promise<T> | undefined;
    if (known) return known;
    const fetching = fetch();
    this.#fetching.set(key, fetching);
    try {
      return await fetching;
    } finally {
      this.#fetching.delete(key);
    }
  }

  /**
   * What the other registry answers; what is here where it does not.
   *
   * @throws ImageError UNAVAILABLE (it is away, and nothing is here), CORRUPT
   */
  async #asked<T>(own: T | undefined, work: () => Promise<T | undefined>): Promise<T | undefined> {
    if (own !== undefined && Date.now() < this.#awayUntil) return own;
    try {
      return (await work()) ?? own;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      // What is not for us is not there.
      if (['NOT_FOUND', 'DENIED', 'UNAUTHORIZED'].includes(error.code)) return own;
      if (error.code === 'UNAVAILABLE') this.#awayUntil = Date.now() + AWAY;
      if (own === undefined) throw error;
      return own;
    }
  }
}
