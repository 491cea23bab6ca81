import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { isForeignLayerType, isManifestType } from '../oci/media-types.js';
import { formatReference, parseReference } from '../oci/reference.js';
import { oneChunk } from '../transfer/copy.js';
import { forEachOf } from '../transfer/for-each-of.js';
import type {
  Bytes,
  CallOptions,
  Open,
  ReadOptions,
  FindReferrersOptions,
  ResolveOptions,
  Sink,
} from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';
import type { Graph } from '../transfer/graph/graph.js';
import type { Answer } from './transport/answer.js';
import type { RegistryClient } from './transport/client.js';
import { deleteManifest, deleteTag } from './delete-manifest.js';
import { download } from './download.js';
import { ACCEPT_MANIFESTS, fetchManifest, findManifest, headManifest } from './find-manifest.js';
import { requireManifest, requireTagOrDigest } from './require-manifest.js';
import { ManifestWrites, type ManifestTarget } from './manifest-writes.js';
import { readReferrers, type ManifestBytes } from './referrers.js';
import { listTags, type ListTagsOptions } from './list-tags.js';
import { RepositoryBlobs, type BlobOptions, type HoldsOptions } from './repository-blobs.js';

export interface RepositoryOptions extends BlobOptions {
  /** Disposed of with this repository. */
  readonly ownsClient?: boolean;
  /** Send foreign layers too; they are left out when omitted. */
  readonly foreignLayers?: boolean | undefined;
}

/** A repository of a registry (OCI distribution spec 1.1). */
export class Repository implements ManifestTarget, Sink {
  readonly location: string;
  readonly lends = true;
  readonly #client: RegistryClient;
  readonly #name: string;
  readonly #options: RepositoryOptions;
  readonly #manifests = new ManifestWrites(this);
  readonly #content: RepositoryBlobs;
  /** Bytes of manifests that were fetched to describe them. */
  readonly #fetched = new Map<Digest, Uint8Array>();

  /** @param name without the registry, for example `library/debian`. */
  constructor(client: RegistryClient, name: string, options: RepositoryOptions = {}) {
    this.location = `docker://${client.registry}/${name}`;
    this.#client = client;
    this.#name = name;
    this.#options = options;
    this.#content = new RepositoryBlobs(client, name, options);
  }

  /** Counts of the blobs of all images written so far. */
  get blobs() {
    return this.#content.counts;
  }

  async *list(options: CallOptions = {}): AsyncIterable<NamedDescriptor> {
    for await (const tag of this.tags(options))
      yield this.#lookUp(`${this.#client.registry}/${this.#name}:${tag}`, options);
  }

  /** Its tags; none when the repository does not exist, unless it is `required`. */
  tags(options: ListTagsOptions = {}): AsyncIterable<string> {
    return listTags(this.#client, this.#name, { ...options, scope: this.#scope('pull') });
  }

  /** @throws ImageError NOT_FOUND, INVALID (not a manifest), UNSUPPORTED */
  async resolve(
    reference = `${this.#client.registry}/${this.#name}`,
    options: ResolveOptions = {},
  ): Promise<NamedDescriptor> {
    const found = await this.#lookUp(reference, options);
    requireManifest(found.descriptor, this.location);
    return found;
  }

  async #lookUp(reference: string, options: ResolveOptions): Promise<NamedDescriptor> {
    const here = { registry: this.#client.registry, repository: this.#name };
    const parsed = isDigest(reference)
      ? { ...here, digest: reference, tag: undefined }
      : { tag: undefined, digest: undefined, ...parseReference(reference) };
    const { digest, tag } = parsed;
    const isHere = parsed.registry === here.registry && parsed.repository === here.repository;
    const found = isHere ? await this.find(digest ?? tag ?? 'latest', options) : undefined;
    if (found)
      return tag === undefined || digest !== undefined
        ? { descriptor: found }
        : { descriptor: found, reference: formatReference({ ...here, tag }) };
    const name = `${here.registry}/${here.repository}`;
    const wanted = digest ?? `tag ${JSON.stringify(tag ?? 'latest')}`;
    const message = isHere
      ? `no ${wanted} in ${name}`
      : `no ${reference} in ${name}: another repository`;
    throw new ImageError('NOT_FOUND', message, { location: this.location });
  }

  /**
   * Describes the content of a tag or digest, of any media type. It takes a GET, whose bytes are kept for `read`; or a
   * HEAD, of a tag whose content is `known`.
   *
   * @throws ImageError INVALID (neither a tag nor a digest)
   */
  async find(
    tagOrDigest: string,
    { signal, known }: ResolveOptions = {},
  ): Promise<Descriptor | undefined> {
    const where = this.#manifestAt(tagOrDigest, signal);
    const found = isDigest(tagOrDigest)
      ? await fetchManifest(this.#client, where, tagOrDigest)
      : await findManifest(this.#client, where, known);
    if (found?.bytes) this.#fetched.set(found.descriptor.digest, found.bytes);
    return found?.descriptor;
  }

  /** The digest of a tag's content, from one HEAD; undefined when there is none. @throws ImageError INVALID */
  async head(tagOrDigest: string, { signal }: CallOptions = {}) {
    return headManifest(this.#client, this.#manifestAt(tagOrDigest, signal));
  }

  /** True but for foreign layers: checking costs a request, and `read` reports NOT_FOUND. */
  async has({ mediaType }: Descriptor): Promise<boolean> {
    return !isForeignLayerType(mediaType);
  }

  takes({ mediaType }: Descriptor): boolean {
    return this.#options.foreignLayers === true || !isForeignLayerType(mediaType);
  }

  read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const known = this.#fetched.get(descriptor.digest);
    if (known) return oneChunk(known.subarray(options.start, options.end));
    const kind = isManifestType(descriptor.mediaType) ? 'manifests' : 'blobs';
    return download(this.#client, descriptor, {
      ...options,
      url: `/v2/${this.#name}/${kind}/${descriptor.digest}`,
      scope: this.#scope('pull'),
      headers: kind === 'manifests' ? ACCEPT_MANIFESTS : {},
    });
  }

  /** From the referrers API or, if the registry has none, from the referrers tag (§ Referrers Tag Schema). */
  async *referrers(
    { digest }: Descriptor,
    { signal, onEvent }: FindReferrersOptions = {},
  ): AsyncIterable<Descriptor> {
    const call = { scope: this.#scope('pull'), signal, onEvent };
    yield* await readReferrers(this.#client, { name: this.#name, manifests: this }, digest, call);
  }

  async begin(graph: Graph, { signal }: CallOptions = {}): Promise<ReadonlySet<Digest>> {
    this.#manifests.begin(graph.root);
    const wanted = new Set<Digest>();
    const blobs: Descriptor[] = [];
    for (const node of graph.nodes)
      if (graph.documents.get(node.digest)?.manifest) wanted.add(node.digest);
      else blobs.push(node);
    await forEachOf(blobs, { concurrency: 8, signal }, async (blob, stop) => {
      if (!(await this.holds(blob, { signal: stop }))) wanted.add(blob.digest);
    });
    return wanted;
  }

  /** Whether the repository has a blob, mounting it from another one if possible, as from `from`. */
  holds(descriptor: Descriptor, options: HoldsOptions = {}): Promise<boolean> {
    return this.#content.holds(descriptor, options);
  }

  /** Uploads content while it is produced; its digest is known only at the end. */
  ingest(mediaType: string, open: Open, options: CallOptions = {}): Promise<Descriptor> {
    return this.#content.ingest(mediaType, open, options);
  }

  async write(descriptor: Descriptor, open: Open, options: CallOptions = {}): Promise<void> {
    if (!isManifestType(descriptor.mediaType))
      return this.#content.write(descriptor, open, options);
    const bytes = await readAll(open(), descriptor.size);
    await this.#manifests.write(descriptor, bytes, options);
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    this.#manifests.tag(descriptor, parseReference(reference).tag);
  }

  commit(options: CallOptions = {}): Promise<void> {
    return this.#manifests.commit(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#manifests.clear();
    if (this.#options.ownsClient) await this.#client[Symbol.asyncDispose]();
  }

  /**
   * Removes a tag. If the registry deletes only whole manifests, the manifest is deleted with all its tags, unless
   * `mayDelete` forbids it.
   *
   * @throws ImageError UNSUPPORTED (the registry does not allow deletion), DENIED; errors of `mayDelete`
   */
  async untag(
    tag: string,
    mayDelete: (digest: Digest) => boolean | Promise<boolean>,
    options: CallOptions = {},
  ): Promise<void> {
    if (await deleteTag(this.#client, this.#name, tag, options)) return;
    const found = await this.head(tag, options);
    if (found && (await mayDelete(found.digest))) await this.remove(found.digest, options);
  }

  /** Deletes a manifest, with all its tags; one that does not exist is no error. @throws ImageError UNSUPPORTED, DENIED */
  remove(digest: Digest, options: CallOptions = {}): Promise<void> {
    return deleteManifest(this.#client, this.#name, digest, options);
  }

  /** Writes a manifest under its digest or a tag. */
  async put(
    name: string,
    { type, bytes }: ManifestBytes,
    { signal }: CallOptions = {},
  ): Promise<Answer> {
    const answer = await this.#client.request({
      method: 'PUT',
      url: `/v2/${this.#name}/manifests/${name}`,
      scope: this.#scope('pull,push'),
      headers: { 'content-type': type, 'content-length': String(bytes.byteLength) },
      body: () => bytes,
      expected: [200, 201, 202],
      signal,
    });
    await answer.dump();
    return answer;
  }

  #manifestAt(tagOrDigest: string, signal: AbortSignal | undefined) {
    requireTagOrDigest(tagOrDigest, this.location);
    const url = `/v2/${this.#name}/manifests/${tagOrDigest}`;
    return { url, scope: this.#scope('pull'), signal };
  }

  #scope(actions: string): string {
    return `repository:${this.#name}:${actions}`;
  }
}
