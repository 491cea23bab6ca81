import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Open } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';
import type { KnownBlobs } from './upload/known-blobs.js';
import { pushBlob, type RememberedUploads } from './upload/push-blob.js';
import { streamBlob } from './upload/stream-blob.js';
import { beginUpload } from './upload/upload.js';

export interface BlobOptions {
  /** Of the same registry: what other repositories have need not be sent. */
  readonly known?: KnownBlobs;
  /** Of what is sent in pieces. */
  readonly uploads?: RememberedUploads;
}

/** What became of blobs that were wanted in a repository. */
export interface BlobCounts {
  readonly sent: number;
  readonly mounted: number;
  readonly existing: number;
}

/** The blobs of one repository, as somebody who writes there sees them. */
export class RepositoryBlobs {
  readonly counts = { sent: 0, mounted: 0, existing: 0 };
  readonly #client: RegistryClient;
  readonly #name: string;
  readonly #scope: string;
  readonly #options: BlobOptions;
  readonly #there = new Set<Digest>();

  constructor(client: RegistryClient, repository: string, options: BlobOptions) {
    this.#client = client;
    this.#name = repository;
    this.#scope = `repository:${repository}:pull,push`;
    this.#options = options;
  }

  /** Whether a blob is there, or can be taken from another repository; what was once is not asked for again. */
  async holds({ digest }: Descriptor, { signal }: CallOptions): Promise<boolean> {
    if (this.#there.has(digest)) return true;
    const { status, dump } = await this.#client.request({
      method: 'HEAD',
      url: `/v2/${this.#name}/blobs/${digest}`,
      scope: this.#scope,
      expected: [200, 404],
      signal,
    });
    await dump();
    if (status === 200) this.counts.existing++;
    else if (!(await this.#mounts(digest, signal))) return false;
    this.#isThere(digest);
    return true;
  }

  /** Takes content whose digest is known at its end. */
  async ingest(mediaType: string, open: Open, options: CallOptions): Promise<Descriptor> {
    const scope = this.#scope;
    const made = await streamBlob(this.#client, this.#name, open, { ...options, scope });
    this.counts.sent++;
    this.#isThere(made.digest);
    return { mediaType, ...made };
  }

  async write(descriptor: Descriptor, open: Open, options: CallOptions): Promise<void> {
    const { digest } = descriptor;
    const { known, uploads } = this.#options;
    const push = (mountFrom?: string) =>
      pushBlob(this.#client, this.#name, descriptor, open, {
        ...options,
        scope: this.#scope,
        mountFrom,
        uploads,
      });
    const how = await (known ? known.bring(digest, this.#name, push) : push());
    this.counts[how ?? 'existing']++;
    this.#there.add(digest);
  }

  /** Takes a blob from a repository of which it is known. */
  async #mounts(digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
    const from = await this.#options.known?.find(digest);
    if (from === undefined || from === this.#name) return false;
    const scope = this.#scope;
    const begun = await beginUpload(this.#client, this.#name, { digest, from, scope, signal });
    if (begun === 'mounted') this.counts.mounted++;
    return begun === 'mounted';
  }

  #isThere(digest: Digest): void {
    this.#there.add(digest);
    this.#options.known?.add(digest, this.#name);
  }
}
