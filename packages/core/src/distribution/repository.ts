import { ImageError } from '../errors.js';
import { bare, type Descriptor } from '../oci/descriptor.js';
import { isDigest, type Digest } from '../oci/digest.js';
import { parseJsonObject } from '../oci/json.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { formatIndex, parseManifest, type Manifest } from '../oci/manifest.js';
import { isManifestType, MediaType } from '../oci/media-types.js';
import { formatReference, parseReference, type Reference } from '../oci/reference.js';
import { only } from '../transfer/copy.js';
import { forEachOf } from '../transfer/for-each-of.js';
import type { Bytes, CallOptions, Open, ReadOptions, Sink, Source } from '../transfer/store.js';
import { readAll, readContent } from '../transfer/verified.js';
import type { Graph } from '../transfer/walk.js';
import type { Answer, RegistryClient } from './client.js';
import { download } from './download.js';
import { ACCEPT, fetchManifest, findManifest } from './find-manifest.js';
import { pushBlob } from './push-blob.js';

function fallbackTag(subject: Digest): string {
  return subject.replace(':', '-');
}

export interface RepositoryOptions {
  /** Repositories of the same registry that may have the same blobs. */
  readonly mountFrom?: readonly string[];
  /** Disposed of with this repository. */
  readonly ownsClient?: boolean;
}

/** A repository of a registry (OCI distribution spec 1.1). */
export class Repository implements Source, Sink {
  readonly location: string;
  /** What became of the blobs of the images that were begun. */
  readonly blobs = { sent: 0, mounted: 0, existing: 0 };
  readonly #client: RegistryClient;
  readonly #name: string;
  readonly #registry: string;
  readonly #options: RepositoryOptions;
  readonly #manifests = new Map<Digest, { readonly type: string; readonly bytes: Uint8Array }>();
  readonly #tags = new Map<string, Digest>();
  /** Manifests that came with the answer to what they are. */
  readonly #read = new Map<Digest, Uint8Array>();

  constructor(
    client: RegistryClient,
    { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
    options: RepositoryOptions = {},
  ) {
    this.location = `docker://${registry}/${repository}`;
    this.#client = client;
    this.#registry = registry;
    this.#name = repository;
    this.#options = options;
  }

  /** Its tags, in pages. */
  async *list(options: CallOptions = {}): AsyncIterable<NamedDescriptor> {
    let url: string | undefined = `/v2/${this.#name}/tags/list?n=1000`;
    while (url !== undefined) {
      const answer = await this.#client.request({
        method: 'GET',
        url,
        scope: this.#scope('pull'),
        expected: [200],
        signal: options.signal,
      });
      const { tags } = parseJsonObject(await readAll(answer.body), `the tags of ${this.location}`);
      for (const tag of Array.isArray(tags) ? (tags as unknown[]) : [])
        if (typeof tag === 'string')
          yield this.resolve(`${this.#registry}/${this.#name}:${tag}`, options);
      const [, next] = /<([^>]+)>;\s*rel="?next"?/.exec(answer.header('link') ?? '') ?? [];
      url = next === undefined ? undefined : new URL(next, answer.url).href;
    }
  }

  async resolve(
    reference = `${this.#registry}/${this.#name}`,
    { signal }: CallOptions = {},
  ): Promise<NamedDescriptor> {
    const here = { registry: this.#registry, repository: this.#name };
    const parsed = isDigest(reference)
      ? { ...here, digest: reference, tag: undefined }
      : { tag: undefined, digest: undefined, ...parseReference(reference) };
    const { digest, tag } = parsed;
    const isHere = parsed.registry === here.registry && parsed.repository === here.repository;
    const found = isHere ? await this.#find(digest ?? tag ?? 'latest', signal) : undefined;
    if (found)
      return tag === undefined || digest !== undefined
        ? { descriptor: found }
        : {
            descriptor: found,
            reference: formatReference({ ...here, tag }),
          };
    throw new ImageError(
      'NOT_FOUND',
      `${this.location}: expected ${isHere ? (digest ?? tag) : reference}, got none`,
      {
        location: this.location,
      },
    );
  }

  /** What a tag or digest names there. */
  async find(tagOrDigest: string, { signal }: CallOptions = {}): Promise<Descriptor | undefined> {
    return this.#find(tagOrDigest, signal);
  }

  /** Only asking would tell, and reading does that. */
  async has(): Promise<boolean> {
    return true;
  }

  read(descriptor: Descriptor, options: ReadOptions = {}): Bytes {
    const known = this.#read.get(descriptor.digest);
    if (known) return only(known.subarray(options.start, options.end));
    const kind = isManifestType(descriptor.mediaType) ? 'manifests' : 'blobs';
    return download(this.#client, descriptor, {
      ...options,
      url: `/v2/${this.#name}/${kind}/${descriptor.digest}`,
      scope: this.#scope('pull'),
      headers: kind === 'manifests' ? ACCEPT : {},
    });
  }

  /** By the API for that, or, where the registry has none, by the tag that stands in for it (§ Referrers Tag Schema). */
  async *referrers(
    { digest }: Descriptor,
    { signal }: CallOptions = {},
  ): AsyncIterable<Descriptor> {
    const asked = await this.#client.request({
      method: 'GET',
      url: `/v2/${this.#name}/referrers/${digest}`,
      scope: this.#scope('pull'),
      headers: { accept: MediaType.index },
      expected: [200, 404],
      signal,
    });
    const bytes = await readAll(asked.body);
    const index =
      asked.status === 200
        ? parseManifest(MediaType.index, bytes)
        : await this.#fallback(digest, signal);
    if (index?.kind === 'index') yield* index.manifests;
  }

  async begin(graph: Graph, { signal }: CallOptions = {}): Promise<ReadonlySet<Digest>> {
    const wanted = new Set<Digest>();
    const blobs: Descriptor[] = [];
    for (const node of graph.nodes)
      if (graph.documents.get(node.digest)?.manifest) wanted.add(node.digest);
      else blobs.push(node);
    await forEachOf(blobs, { concurrency: 8, signal }, async (blob, stop) => {
      const { status, body } = await this.#client.request({
        method: 'HEAD',
        url: `/v2/${this.#name}/blobs/${blob.digest}`,
        scope: this.#scope('pull,push'),
        expected: [200, 404],
        signal: stop,
      });
      await body.dump();
      if (status === 404) wanted.add(blob.digest);
      else this.blobs.existing++;
    });
    return wanted;
  }

  async write(descriptor: Descriptor, open: Open, options: CallOptions = {}): Promise<void> {
    if (!isManifestType(descriptor.mediaType)) {
      const how = await pushBlob(this.#client, this.#name, descriptor, open, {
        ...options,
        scope: this.#scope('pull,push'),
        mountFrom: this.#options.mountFrom ?? [],
      });
      this.blobs[how]++;
      return;
    }
    const manifest = { type: descriptor.mediaType, bytes: await readAll(open(), descriptor.size) };
    this.#manifests.set(descriptor.digest, manifest);
    const answer = await this.#put(descriptor.digest, manifest, options);
    const { subject, artifactType } = parseManifest(manifest.type, manifest.bytes);
    if (subject && answer.header('oci-subject') === undefined)
      await this.#addToFallback(
        subject.digest,
        { ...bare(descriptor), ...(artifactType === undefined ? {} : { artifactType }) },
        options,
      );
  }

  async tag({ digest }: Descriptor, reference: string): Promise<void> {
    const { tag } = parseReference(reference);
    if (tag !== undefined) this.#tags.set(tag, digest);
  }

  async commit(options: CallOptions = {}): Promise<void> {
    for (const [tag, digest] of this.#tags) {
      const manifest = this.#manifests.get(digest);
      if (!manifest)
        throw new ImageError(
          'NOT_FOUND',
          `${this.location}: expected ${digest} before its tag, got none`,
        );
      await this.#put(tag, manifest, options);
    }
    this.#tags.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tags.clear();
    this.#manifests.clear();
    if (this.#options.ownsClient) await this.#client[Symbol.asyncDispose]();
  }

  async #put(
    name: string,
    { type, bytes }: { readonly type: string; readonly bytes: Uint8Array },
    { signal }: CallOptions,
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
    await answer.body.dump();
    return answer;
  }

  async #fallback(subject: Digest, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
    const found = await this.#find(fallbackTag(subject), signal);
    if (found?.mediaType !== MediaType.index) return undefined;
    return parseManifest(found.mediaType, await readContent(this, found, { signal }));
  }

  async #addToFallback(subject: Digest, referrer: Descriptor, options: CallOptions): Promise<void> {
    const index = await this.#fallback(subject, options.signal);
    const others = index?.kind === 'index' ? index.manifests : [];
    if (others.some(({ digest }) => digest === referrer.digest)) return;
    const bytes = formatIndex([...others, referrer]);
    await this.#put(fallbackTag(subject), { type: MediaType.index, bytes }, options);
  }

  /** A tag is looked up; what has a digest already is read at once. */
  async #find(name: string, signal: AbortSignal | undefined): Promise<Descriptor | undefined> {
    const url = `/v2/${this.#name}/manifests/${name}`;
    const where = { url, scope: this.#scope('pull'), signal };
    const found = isDigest(name)
      ? await fetchManifest(this.#client, where, name)
      : await findManifest(this.#client, where);
    if (found?.bytes) this.#read.set(found.descriptor.digest, found.bytes);
    return found?.descriptor;
  }

  #scope(actions: string): string {
    return `repository:${this.#name}:${actions}`;
  }
}
