import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { children, parseManifest, referrerOf } from '../oci/manifest.js';
import type { CallOptions } from '../transfer/store.js';
import type { Answer } from './transport/answer.js';
import { addToReferrersTag, type ManifestBytes, type Manifests } from './referrers.js';

/** A repository that manifests are written to. */
export interface ManifestTarget extends Manifests {
  put(name: string, manifest: ManifestBytes, options?: CallOptions): Promise<Answer>;
}

/**
 * The manifests written to one repository. Those inside an image are put at once, under their digests. The root of an
 * image is put at the commit, under its tag and not under its digest before: some registries forbid to put the same
 * manifest twice.
 */
export class ManifestWrites {
  readonly #target: ManifestTarget;
  readonly #roots = new Set<Digest>();
  readonly #written = new Map<Digest, ManifestBytes>();
  /** Roots that are not put yet. */
  readonly #pending = new Set<Digest>();
  readonly #tags = new Map<string, Digest>();

  constructor(target: ManifestTarget) {
    this.#target = target;
  }

  /** Announces the root of an image. */
  begin({ digest }: Descriptor): void {
    this.#roots.add(digest);
  }

  async write(
    { digest, mediaType }: Descriptor,
    bytes: Uint8Array,
    options: CallOptions,
  ): Promise<void> {
    this.#written.set(digest, { type: mediaType, bytes });
    if (this.#roots.has(digest)) this.#pending.add(digest);
    else await this.#put(digest, [digest], options);
  }

  /** @throws ImageError NOT_FOUND (no such manifest was written) */
  tag({ digest }: Descriptor, tag: string | undefined): void {
    if (!this.#written.has(digest))
      throw new ImageError(
        'NOT_FOUND',
        `${this.#target.location}: no manifest ${digest}; it is written before its tag`,
        { location: this.#target.location },
      );
    if (tag !== undefined) this.#tags.set(tag, digest);
  }

  /** Puts the roots: those without a tag first, then the others in the order of their tags. */
  async commit(options: CallOptions): Promise<void> {
    const tagged = new Set(this.#tags.values());
    for (const digest of this.#pending)
      if (!tagged.has(digest)) await this.#settle(digest, options);
    for (const [tag, digest] of this.#tags)
      if (this.#pending.has(digest)) await this.#settle(digest, options);
      else if (this.#tags.has(tag)) await this.#put(digest, [tag], options);
    this.clear();
  }

  clear(): void {
    this.#pending.clear();
    this.#tags.clear();
  }

  /** Puts a root under all its tags, or under its digest without any, after the roots inside it. */
  async #settle(digest: Digest, options: CallOptions): Promise<void> {
    const manifest = this.#written.get(digest);
    if (!this.#pending.delete(digest) || !manifest) return;
    for (const child of children(parseManifest(manifest.type, manifest.bytes)))
      await this.#settle(child.digest, options);
    const tags = [...this.#tags].flatMap(([tag, each]) => (each === digest ? [tag] : []));
    await this.#put(digest, tags.length === 0 ? [digest] : tags, options);
    for (const tag of tags) this.#tags.delete(tag);
  }

  /** Puts a manifest under each of the names. A registry without the referrers API has its subject listed in a tag. */
  async #put(digest: Digest, names: readonly string[], options: CallOptions): Promise<void> {
    const manifest = this.#written.get(digest);
    if (!manifest) return;
    let isListed = false;
    for (const name of names) {
      const answer = await this.#target.put(name, manifest, options);
      isListed ||= answer.header('oci-subject') !== undefined;
    }
    const { type: mediaType, bytes } = manifest;
    const parsed = parseManifest(mediaType, bytes);
    const { subject } = parsed;
    if (!subject || isListed) return;
    const descriptor = { mediaType, digest, size: bytes.byteLength };
    const referrer = referrerOf(descriptor, parsed, bytes);
    await addToReferrersTag(this.#target, subject.digest, referrer, options);
  }
}
