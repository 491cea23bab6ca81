import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { statIfThere } from '../disk/allocated.js';
import { makeFolder, writeAtomically } from '../disk/atomic-write.js';
import { ImageError, listed } from '../errors.js';
import { parseDescriptor, type Descriptor } from '../oci/descriptor.js';
import { isDigest, parseDigest, type Digest } from '../oci/digest.js';
import { parseJsonObject } from '../oci/json.js';
import { isManifestType } from '../oci/media-types.js';
import { only } from '../transfer/copy.js';
import { paged, type HostedManifest, type Hosting, type Page } from '../transfer/hosted.js';
import type { ReadOptions } from '../transfer/store.js';
import { readAll, verified } from '../transfer/verified.js';
import { BlobDir } from './blob-dir.js';
import {
  blobLink,
  digestOfLink,
  linkFolder,
  linkName,
  manifestLink,
  referrersFolder,
  tagLink,
  trashFile,
} from './hosted-paths.js';
import { Quota } from './hosted-quota.js';
import { repositoriesIn, tagsIn } from './hosted-repositories.js';
import { FileUploads } from './hosted-uploads.js';
import { makeLink, namesIn, readIfThere, removeFile, touch } from './links.js';
import { blobFile, partialFolder } from './paths.js';
import { RecentManifests } from './recent-manifests.js';

/** Who reads what was marked so shortly ago (ms) need not mark it anew. */
const RECENT = 1000;

/** After the digest of a tag that another registry gave. */
const MIRRORED = ' mirrored';

/** What a registry keeps in a folder. Any number of processes may share it. */
export class HostedStore implements Hosting {
  readonly location: string;
  readonly uploads: FileUploads;
  readonly #root: string;
  readonly #blobs: BlobDir;
  readonly #quota: Quota;
  readonly #manifests = new RecentManifests();

  /** @param maxUsed how much it may keep, in bytes. */
  constructor(root: string, { maxUsed }: { readonly maxUsed?: number | undefined } = {}) {
    this.#root = root;
    this.location = root;
    this.#blobs = new BlobDir(root);
    this.#quota = new Quota(root, maxUsed);
    const link = (repository: string, digest: Digest) => this.#link(repository, digest);
    this.uploads = new FileUploads(root, { link, quota: this.#quota });
  }

  async repositories(page?: Page): Promise<readonly string[]> {
    const all = await repositoriesIn(this.#root);
    const listed = all.flatMap(({ name, has }) => (has.includes('_manifests') ? [name] : []));
    return paged(listed, page);
  }

  async tags(repository: string, page?: Page): Promise<readonly string[] | undefined> {
    const tags = await tagsIn(this.#root, repository);
    if (tags.length === 0 && !(await statIfThere(linkFolder(this.#root, repository, '_manifests'))))
      return undefined;
    return paged(tags, page);
  }

  async manifest(repository: string, reference: string): Promise<Descriptor | undefined> {
    const digest = isDigest(reference)
      ? reference
      : (await this.tagged(repository, reference))?.digest;
    const link = digest && (await this.readLink(repository, digest));
    // Who asks may be about to count on it. What was damaged is away: who asks pushes it again.
    return link && (await this.keep(repository, digest, RECENT)) ? link.descriptor : undefined;
  }

  async blob(repository: string, digest: Digest): Promise<Descriptor | undefined> {
    // Who asks may be about to count on it.
    if (!(await this.keep(repository, digest, RECENT))) return undefined;
    const size = (await statIfThere(blobFile(this.#root, digest)))?.size;
    return size === undefined ? undefined : { mediaType: 'application/octet-stream', digest, size };
  }

  async *read(
    repository: string,
    descriptor: Descriptor,
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    const { start = 0, end = descriptor.size } = options;
    const { digest } = descriptor;
    // Content of other repositories is in the same folder.
    if (!(await statIfThere(blobLink(this.#root, repository, digest))))
      throw new ImageError('NOT_FOUND', `${repository}: expected ${digest}, got none`);
    if (!isManifestType(descriptor.mediaType))
      return yield* this.#blobs.read(descriptor, options) as AsyncGenerator<Uint8Array, void, void>;
    const known = this.#manifests.get(digest);
    const bytes = known ?? (await readAll(verified(this.#blobs.read(descriptor), descriptor)));
    if (!known) this.#manifests.set(digest, bytes);
    yield bytes.subarray(start, end);
  }

  async referrers(repository: string, digest: Digest): Promise<readonly Descriptor[]> {
    const names = await namesIn(referrersFolder(this.#root, repository, digest));
    const found = await Promise.all(
      names
        .flatMap((name) => digestOfLink(name) ?? [])
        .map((each) => this.readLink(repository, each)),
    );
    return found.flatMap((each) => (each ? [each.descriptor] : []));
  }

  async putManifest(
    repository: string,
    manifest: HostedManifest & { readonly bytes: Uint8Array },
    tags: readonly string[],
  ): Promise<void> {
    const missing: Digest[] = [];
    for (const child of new Set(manifest.children))
      if (!(await this.keep(repository, child))) missing.push(child);
    if (missing.length > 0)
      throw new ImageError(
        'INCOMPLETE',
        `${repository}: expected all content that the manifest names, got no ${listed(missing)}`,
      );
    await this.#keepManifest(repository, manifest);
    for (const tag of tags) await this.#writeTag(repository, tag, manifest.descriptor.digest);
  }

  /** Keeps a manifest of another registry, whose children may come later, and what that calls it. */
  async mirrorManifest(
    repository: string,
    manifest: HostedManifest & { readonly bytes: Uint8Array },
    tag: string | undefined,
  ): Promise<void> {
    const { digest } = manifest.descriptor;
    if (!(await this.readLink(repository, digest))) await this.#keepManifest(repository, manifest);
    if (tag !== undefined) await this.#writeTag(repository, tag, `${digest}${MIRRORED}`);
  }

  /** What a tag names, and whether that is what another registry said. */
  async tagged(
    repository: string,
    tag: string,
  ): Promise<{ readonly digest: Digest; readonly isMirrored: boolean } | undefined> {
    const text = readIfThere(tagLink(this.#root, repository, tag))?.toString();
    if (text === undefined) return undefined;
    const isMirrored = text.endsWith(MIRRORED);
    return { digest: parseDigest(isMirrored ? text.slice(0, -MIRRORED.length) : text), isMirrored };
  }

  async mount(repository: string, digest: Digest, from?: string): Promise<boolean> {
    if (from !== undefined && !(await this.blob(from, digest))) return false;
    if (!(await touch(blobFile(this.#root, digest), this.#trashed(digest)))) return false;
    await this.#link(repository, digest);
    return true;
  }

  /**
   * Marks a blob of a repository as wanted now: whoever collects garbage at this moment leaves it.
   *
   * @param unlessWithin leaves marks that are younger than this (ms).
   * @returns whether it is there
   */
  async keep(repository: string, digest: Digest, unlessWithin = 0): Promise<boolean> {
    const link = blobLink(this.#root, repository, digest);
    return (
      (await touch(link, this.#trashed(digest, repository), unlessWithin)) &&
      (await touch(blobFile(this.#root, digest), this.#trashed(digest), unlessWithin))
    );
  }

  async removeTag(repository: string, tag: string): Promise<boolean> {
    return removeFile(tagLink(this.#root, repository, tag));
  }

  async removeManifest(repository: string, digest: Digest): Promise<boolean> {
    const link = await this.readLink(repository, digest);
    if (!link) return false;
    for (const tag of await tagsIn(this.#root, repository))
      if ((await this.tagged(repository, tag))?.digest === digest)
        await this.removeTag(repository, tag);
    const isGone = await removeFile(manifestLink(this.#root, repository, digest));
    if (link.subject)
      await removeFile(
        join(referrersFolder(this.#root, repository, link.subject), linkName(digest)),
      );
    await removeFile(blobLink(this.#root, repository, digest));
    return isGone;
  }

  async removeBlob(repository: string, digest: Digest): Promise<boolean> {
    return removeFile(blobLink(this.#root, repository, digest));
  }

  /** A manifest of a repository; undefined when it has none of that digest. */
  async readLink(repository: string, digest: Digest): Promise<HostedManifest | undefined> {
    const path = manifestLink(this.#root, repository, digest);
    const bytes = readIfThere(path);
    if (!bytes) return undefined;
    const { descriptor, subject, children } = parseJsonObject(bytes, path);
    return {
      descriptor: parseDescriptor(descriptor, path),
      children: Array.isArray(children) ? children.map(parseDigest) : [],
      ...(subject === undefined ? {} : { subject: parseDigest(subject) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every file is closed when it was read or written.
  }

  async #keepManifest(
    repository: string,
    { descriptor, bytes, subject, children }: HostedManifest & { readonly bytes: Uint8Array },
  ): Promise<void> {
    const { digest } = descriptor;
    await this.#quota.admit();
    this.#quota.take(bytes.byteLength);
    do await this.#blobs.put(descriptor, () => only(bytes));
    while (!(await touch(blobFile(this.#root, digest), this.#trashed(digest))));
    await this.#link(repository, digest);
    const link = JSON.stringify({ descriptor, subject, children });
    await this.#write(manifestLink(this.#root, repository, digest), link);
    if (subject)
      await makeLink(join(referrersFolder(this.#root, repository, subject), linkName(digest)));
  }

  #writeTag(repository: string, tag: string, text: string): Promise<void> {
    return this.#write(tagLink(this.#root, repository, tag), text);
  }

  /** Nothing but tags is among tags, also while one is written. */
  async #write(path: string, text: string): Promise<void> {
    const partial = join(partialFolder(this.#root), randomBytes(8).toString('hex'));
    await makeFolder(dirname(path));
    await writeAtomically(path, [Buffer.from(text)], { partial });
  }

  #link(repository: string, digest: Digest): Promise<void> {
    return makeLink(blobLink(this.#root, repository, digest));
  }

  #trashed(digest: Digest, repository?: string): string {
    return trashFile(this.#root, digest, repository);
  }
}
