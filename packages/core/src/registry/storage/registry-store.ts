import { lstat } from 'node:fs/promises';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError, shortList } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { isManifestType } from '../../oci/media-types.js';
import { oneChunk } from '../../transfer/copy.js';
import {
  isSelected,
  pageOf,
  type HostedBlob,
  type ManifestContent,
  type StoredManifest,
  type RegistryStorage,
  type Page,
  type ReferrersOptions,
} from '../hosted.js';
import type { ReadOptions } from '../../transfer/store.js';
import { readAll, verified } from '../../transfer/verified.js';
import { BlobDir } from '../../store/blob-dir.js';
import { RepositoryLinks, type TaggedManifest } from './repository-links.js';
import {
  blobLink,
  digestOfLink,
  linkFolder,
  manifestLink,
  referrerLink,
  referrersFolder,
  tagLink,
  trashFile,
} from './registry-paths.js';
import { Quotas, type RegistryFolderOptions } from './quota/quotas.js';
import { repositoriesIn, tagsIn } from './list-repositories.js';
import { spaceOf } from './quota/repository-space.js';
import { FileUploads } from './file-uploads.js';
import { sizeOf, touch } from './links.js';
import { namesIn, removeFile } from '../../disk/if-there.js';
import { blobFile } from '../../store/paths.js';
import { readReferrer } from '../read-referrer.js';
import { Recent } from '../recent.js';

/** A reader does not refresh a mark younger than this (ms). */
const RECENT_MARK_MS = 1000;

/** Maximum number of manifests in memory, and maximum size of one (bytes). */
const MAX_MANIFESTS = 1000;
const MAX_MANIFEST_BYTES = 16 * 1024;

/** Storage of a registry in a folder. Any number of processes may share it. */
export class RegistryStore implements RegistryStorage {
  readonly location: string;
  readonly uploads: FileUploads;
  readonly space: RegistryStorage['space'] = (...which) => spaceOf(this.#root, ...which);
  readonly #root: string;
  readonly #blobs: BlobDir;
  readonly quotas: Quotas;
  readonly #links: RepositoryLinks;
  /** Bytes of manifests in use. The link of the repository is checked before they are sent. */
  readonly #manifests = new Recent<Digest, Uint8Array>(MAX_MANIFESTS);

  constructor(root: string, limits?: RegistryFolderOptions) {
    this.#root = root;
    this.location = root;
    this.#blobs = new BlobDir(root, { privateTo: root });
    this.quotas = new Quotas(root, limits);
    this.#links = new RepositoryLinks(root, this.quotas);
    const link = (repository: string, digest: Digest) => this.#links.addBlob(repository, digest);
    this.uploads = new FileUploads(root, { link, quotas: this.quotas });
  }

  async repositories(page?: Page): Promise<readonly string[]> {
    const all = await repositoriesIn(this.#root, { links: 'skip' });
    const listed = all.flatMap(({ name, has }) => (has.includes('_manifests') ? [name] : []));
    return pageOf(listed, page);
  }

  async tags(repository: string, page?: Page): Promise<readonly string[] | undefined> {
    const tags = await tagsIn(this.#root, repository);
    if (
      tags.length === 0 &&
      !(await statIfExists(linkFolder(this.#root, repository, '_manifests')))
    )
      return undefined;
    return pageOf(tags, page);
  }

  async manifest(repository: string, reference: string): Promise<HostedBlob | undefined> {
    const digest = isDigest(reference)
      ? reference
      : this.#links.tagged(repository, reference)?.digest;
    const link = digest && this.#links.manifest(repository, digest);
    // Mark it as in use: the client may reference it next. A quarantined blob is reported absent, so it is pushed again.
    if (!link || (await this.#keep(repository, digest, RECENT_MARK_MS)) === undefined)
      return undefined;
    return { ...link.descriptor, content: this.#manifests.get(digest) };
  }

  async blob(repository: string, digest: Digest): Promise<HostedBlob | undefined> {
    // Mark it as in use: the client may reference it next.
    const size = await this.#keep(repository, digest, RECENT_MARK_MS);
    if (size === undefined) return undefined;
    const content = blobFile(this.#root, digest);
    return { mediaType: 'application/octet-stream', digest, size, content };
  }

  async *read(
    repository: string,
    descriptor: Descriptor,
    options: ReadOptions = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    const { start = 0, end = descriptor.size } = options;
    const { digest } = descriptor;
    // Blobs of all repositories share one folder, so check the link of this one.
    if (!(await statIfExists(blobLink(this.#root, repository, digest))))
      throw new ImageError('NOT_FOUND', `no manifest ${digest} in ${repository}`);
    if (!isManifestType(descriptor.mediaType))
      return yield* this.#blobs.read(descriptor, options) as AsyncGenerator<Uint8Array, void, void>;
    const known = this.#manifests.get(digest);
    const bytes = known ?? (await readAll(verified(this.#blobs.read(descriptor), descriptor)));
    if (bytes.byteLength <= MAX_MANIFEST_BYTES) this.#manifests.set(digest, bytes);
    yield bytes.subarray(start, end);
  }

  async *referrers(
    repository: string,
    digest: Digest,
    options: ReferrersOptions = {},
  ): AsyncGenerator<Descriptor, void, void> {
    const names = await namesIn(this.#root, referrersFolder(this.#root, repository, digest));
    for (const each of names.sort().flatMap((name) => digestOfLink(name) ?? [])) {
      if (options.after !== undefined && each <= options.after) continue;
      const link = await this.readLink(repository, each);
      if (!link) continue;
      const { artifactType = options.artifactType } = link.descriptor;
      // Most links record the artifact type, so manifests of another type need not be read.
      if (options.artifactType !== undefined && artifactType !== options.artifactType) continue;
      const shown = await readReferrer(this, repository, link.descriptor);
      if (shown && isSelected(shown, options)) yield shown;
    }
  }

  async putManifest(
    repository: string,
    manifest: ManifestContent,
    tags: readonly string[],
  ): Promise<void> {
    // Refuse an invalid tag before anything is written.
    for (const tag of tags) tagLink(this.#root, repository, tag);
    const missing: Digest[] = [];
    for (const child of new Set(manifest.children))
      if ((await this.#keep(repository, child)) === undefined) missing.push(child);
    if (missing.length > 0)
      throw new ImageError(
        'INCOMPLETE',
        `${repository}: the manifest references content that is missing: ${shortList(missing)}`,
      );
    await this.#writeManifest(repository, manifest);
    const { digest } = manifest.descriptor;
    for (const tag of tags)
      await this.#links.writeTag(repository, tag, { digest, isMirrored: false });
  }

  /** Stores a manifest of the upstream registry, and its tag there if given. Its children may be fetched later. */
  async mirrorManifest(
    repository: string,
    manifest: ManifestContent,
    tag: string | undefined,
  ): Promise<void> {
    const { digest } = manifest.descriptor;
    if (tag !== undefined) tagLink(this.#root, repository, tag);
    if (!(await this.readLink(repository, digest))) await this.#writeManifest(repository, manifest);
    if (tag !== undefined)
      await this.#links.writeTag(repository, tag, { digest, isMirrored: true });
  }

  /** Reads a tag; undefined when it does not exist. */
  async tagged(repository: string, tag: string): Promise<TaggedManifest | undefined> {
    return this.#links.tagged(repository, tag);
  }

  async mount(repository: string, digest: Digest, from?: string): Promise<boolean> {
    if (from !== undefined && !(await this.blob(from, digest))) return false;
    await this.quotas.of(repository).admit();
    if (!(await this.#touchBlob(digest))) return false;
    if (!(await statIfExists(blobLink(this.#root, repository, digest))))
      this.quotas.ofMount(repository, from).take((await lstat(blobFile(this.#root, digest))).size);
    await this.#links.addBlob(repository, digest);
    return true;
  }

  /**
   * Marks a blob of a repository as in use now, so a concurrent garbage collection keeps it: the link is marked, and
   * collection keeps the blobs of the links that it keeps.
   *
   * @param unlessWithin do not refresh a mark younger than this (ms).
   * @returns the blob's size (bytes); undefined when it does not exist
   */
  async #keep(repository: string, digest: Digest, unlessWithin = 0): Promise<number | undefined> {
    const link = blobLink(this.#root, repository, digest);
    const linkTrash = () => trashFile(this.#root, digest, repository);
    if (!(await touch(link, linkTrash, unlessWithin))) return undefined;
    return sizeOf(blobFile(this.#root, digest), () => trashFile(this.#root, digest));
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
    const existed = await removeFile(manifestLink(this.#root, repository, digest));
    if (link.subject)
      await removeFile(referrerLink(this.#root, repository, { subject: link.subject, digest }));
    await removeFile(blobLink(this.#root, repository, digest));
    return existed;
  }

  async removeBlob(repository: string, digest: Digest): Promise<boolean> {
    return removeFile(blobLink(this.#root, repository, digest));
  }

  /** A manifest of a repository; undefined when it has none of that digest. */
  async readLink(repository: string, digest: Digest): Promise<StoredManifest | undefined> {
    return this.#links.manifest(repository, digest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every call closes the files that it opens.
  }

  async #writeManifest(repository: string, manifest: ManifestContent): Promise<void> {
    const { descriptor, bytes } = manifest;
    const { digest } = descriptor;
    const space = this.quotas.of(repository);
    await space.admit();
    space.takeFile(bytes.byteLength);
    do await this.#blobs.put(descriptor, () => oneChunk(bytes));
    while (!(await this.#touchBlob(digest)));
    await this.#links.writeManifest(repository, manifest);
  }

  /** Marks a blob that may have no link yet as in use. @returns whether it exists */
  #touchBlob(digest: Digest): Promise<boolean> {
    return touch(blobFile(this.#root, digest), () => trashFile(this.#root, digest));
  }
}
