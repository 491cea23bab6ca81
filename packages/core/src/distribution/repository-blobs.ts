import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Open } from '../transfer/store.js';
import type { RegistryClient } from './transport/client.js';
import { HEAD_REFUSALS } from './find-manifest.js';
import type { KnownBlobs } from './upload/known-blobs.js';
import { pushBlob, type UploadStore } from './upload/push-blob.js';
import { streamBlob } from './upload/stream-blob.js';
import { beginUpload } from './upload/upload.js';

export interface BlobOptions {
  /** Blobs known to be in repositories of the same registry; they are mounted instead of sent. */
  readonly known?: KnownBlobs;
  /** Storage for unfinished chunked uploads, so that they can be resumed. */
  readonly uploads?: UploadStore;
}

/** Options of {@link RepositoryBlobs.holds}. */
export interface HoldsOptions extends CallOptions {
  /** A repository of the same registry that may have it. */
  readonly from?: string | undefined;
}

/** Numbers of blobs that were sent, mounted from another repository, or there already. */
export interface BlobCounts {
  readonly sent: number;
  readonly mounted: number;
  readonly existing: number;
}

/** Writes blobs to one repository. */
export class RepositoryBlobs {
  readonly counts = { sent: 0, mounted: 0, existing: 0 };
  readonly #client: RegistryClient;
  readonly #name: string;
  readonly #scope: string;
  readonly #options: BlobOptions;
  readonly #existing = new Set<Digest>();

  constructor(client: RegistryClient, repository: string, options: BlobOptions) {
    this.#client = client;
    this.#name = repository;
    this.#scope = `repository:${repository}:pull,push`;
    this.#options = options;
  }

  /**
   * Whether the repository has a blob, mounting it if possible from another one that is known to have it, or from `from`. A positive result
   * is cached.
   */
  async holds({ digest }: Descriptor, { signal, from }: HoldsOptions): Promise<boolean> {
    if (this.#existing.has(digest)) return true;
    if (await this.#has(digest, signal)) this.counts.existing++;
    else if (!(await this.#mount(digest, { signal, from }))) return false;
    this.#addExisting(digest);
    return true;
  }

  /** Uploads content whose digest is known only at its end. */
  async ingest(mediaType: string, open: Open, options: CallOptions): Promise<Descriptor> {
    const scope = this.#scope;
    const made = await streamBlob(this.#client, this.#name, open, { ...options, scope });
    this.counts.sent++;
    this.#addExisting(made.digest);
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
    this.#existing.add(digest);
  }

  /** Asks by a HEAD or, where that is refused, by a GET of one byte. A blob that may not be read counts as absent. */
  async #has(digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
    const where = {
      url: `/v2/${this.#name}/blobs/${digest}`,
      scope: this.#scope,
      expected: [200, 404, ...HEAD_REFUSALS],
      signal,
    };
    const head = await this.#client.request({ ...where, method: 'HEAD' });
    await head.dump();
    if (head.status === 200 || head.status === 404) return head.status === 200;
    const get = await this.#client.request({
      ...where,
      method: 'GET',
      headers: { range: 'bytes=0-0' },
      expected: [...where.expected, 206],
    });
    await get.dump();
    return get.status === 200 || get.status === 206;
  }

  /** Mounts a blob from another repository. @returns whether it was mounted */
  async #mount(digest: Digest, { signal, from: guess }: HoldsOptions): Promise<boolean> {
    const from = (await this.#options.known?.find(digest)) ?? guess;
    if (from === undefined || from === this.#name) return false;
    const scope = this.#scope;
    const begun = await beginUpload(this.#client, this.#name, { digest, from, scope, signal });
    if (begun === 'mounted') this.counts.mounted++;
    return begun === 'mounted';
  }

  #addExisting(digest: Digest): void {
    this.#existing.add(digest);
    this.#options.known?.add(digest, this.#name);
  }
}
