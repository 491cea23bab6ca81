import { openDownload } from '../../distribution/download.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import type { Bytes, CallOptions, ReadOptions } from '../../transfer/store.js';
import type { HostedBlob } from '../hosted.js';
import type { GrowingFile } from '../storage/growing-file.js';
import type { RegistryStore } from '../storage/registry-store.js';
import type { UpstreamRepository } from './upstream.js';

/** Maximum number of partial blobs that wait for a client to ask again; the oldest is deleted first. */
const MAX_PARTIALS = 16;

/** A blob of a repository here, and where it is fetched. */
export interface WantedBlob {
  readonly repository: string;
  readonly digest: Digest;
  readonly upstream: UpstreamRepository;
}

interface Fetch {
  readonly key: string;
  readonly wanted: WantedBlob;
  readonly stop: AbortController;
  /** Set while its content can be read. */
  file?: GrowingFile | undefined;
  /** Number of clients whose requests are open. */
  clients: number;
}

interface Running extends Fetch {
  /** Resolves when the upstream has begun to answer. */
  readonly blob: Promise<HostedBlob>;
  readonly ended: Promise<void>;
}

/**
 * Fetches of blobs, each shared by all clients that want the blob: they read it while it arrives. It becomes a blob of the
 * repository when it was verified. When the last client disconnects, or the upstream breaks off, the fetch ends, and what
 * has arrived is kept for the next request of this process.
 */
export class BlobFetches implements AsyncDisposable {
  readonly #store: RegistryStore;
  /** The fetches that clients can join, by repository and digest. */
  readonly #running = new Map<string, Running>();
  /** The latest fetch of each blob until it has ended, also when it was stopped. */
  readonly #ending = new Map<string, Promise<void>>();
  /** IDs of uploads to continue, by repository and digest, oldest first. */
  readonly #partials = new Map<string, { readonly repository: string; readonly id: string }>();

  constructor(store: RegistryStore) {
    this.#store = store;
  }

  /**
   * Describes a blob and fetches it until the signals of all its clients are aborted. A call without a signal lets the
   * fetch run to its end.
   *
   * @throws ImageError NOT_FOUND, UNAVAILABLE, NO_SPACE
   */
  join(wanted: WantedBlob, { signal }: CallOptions = {}): Promise<HostedBlob> {
    return this.#join(wanted, signal).blob;
  }

  /** Fetches a blob; resolves when it is stored. @throws as `join`; ImageError CORRUPT */
  complete(wanted: WantedBlob): Promise<void> {
    return this.#join(wanted, undefined).ended;
  }

  /** Content that is arriving; undefined when no fetch of it has begun, or it has ended. */
  arriving(repository: string, digest: Digest, options: ReadOptions = {}): Bytes | undefined {
    return this.#running.get(keyOf(repository, digest))?.file?.read(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.allSettled(this.#ending.values());
    for (const key of [...this.#partials.keys()]) await this.#discard(key);
  }

  #join(wanted: WantedBlob, signal: AbortSignal | undefined): Running {
    signal?.throwIfAborted();
    const key = keyOf(wanted.repository, wanted.digest);
    const fetch = this.#running.get(key) ?? this.#start(key, wanted);
    fetch.clients++;
    const leave = (): void => {
      if (--fetch.clients > 0) return;
      fetch.stop.abort();
      // A later client must start a new fetch, not join this one.
      this.#forget(fetch);
    };
    signal?.addEventListener('abort', leave, { once: true });
    return fetch;
  }

  #start(key: string, wanted: WantedBlob): Running {
    const fetch: Fetch = { key, wanted, stop: new AbortController(), clients: 0 };
    const before = this.#ending.get(key);
    let ended: Promise<void> | undefined;
    const blob = new Promise<HostedBlob>((resolve, reject) => {
      ended = Promise.resolve(before?.catch(() => undefined)).then(() => this.#run(fetch, resolve));
      ended.catch(reject);
    });
    const running = Object.assign(fetch, { blob, ended: ended ?? Promise.resolve() });
    this.#running.set(key, running);
    this.#ending.set(key, running.ended);
    const forget = (): void => {
      if (this.#ending.get(key) === running.ended) this.#ending.delete(key);
    };
    running.ended.then(forget, forget);
    // Clients may have left before it fails.
    blob.catch(() => undefined);
    return running;
  }

  #forget(fetch: Fetch): void {
    if (this.#running.get(fetch.key) === fetch) this.#running.delete(fetch.key);
  }

  async #run(fetch: Fetch, describe: (blob: HostedBlob) => void): Promise<void> {
    const { repository, digest } = fetch.wanted;
    try {
      // The fetch before this one may have stored it since the client asked.
      const own = await this.#store.blob(repository, digest);
      if (own) describe(own);
      else await this.#receive(fetch, describe);
    } catch (error) {
      this.#forget(fetch);
      await fetch.file?.fail(error);
      throw error;
    }
    this.#forget(fetch);
    await fetch.file?.complete();
  }

  async #receive(fetch: Fetch, describe: (blob: HostedBlob) => void): Promise<void> {
    const { wanted, stop } = fetch;
    const { repository, digest } = wanted;
    const { uploads } = this.#store;
    const { signal } = stop;
    const { id: kept, opened } = await this.#open(fetch);
    // Without an upload nothing reads the response.
    const id =
      kept ??
      (await uploads.start(repository).catch((error: unknown) => {
        stop.abort();
        throw error;
      }));
    const { size = Infinity, bytes } = opened;
    try {
      const file = (fetch.file = await uploads.follow(repository, id));
      describe({ mediaType: 'application/octet-stream', digest, size, isArriving: true });
      const onWritten = (count: number): void => file.grow(count);
      await uploads.append(repository, id, bytes, { signal, onWritten });
      await uploads.finish(repository, id, digest);
    } catch (error) {
      const isCut = signal.aborted || (error instanceof ImageError && error.code === 'UNAVAILABLE');
      stop.abort();
      await this.#leave(fetch, id, isCut).catch(() => undefined);
      throw error;
    }
  }

  /** Opens the rest of a partial blob, or all of it. @returns the upload to continue, if any */
  async #open({ key, wanted: { repository, digest, upstream }, stop }: Fetch) {
    const { client, name } = upstream;
    const { signal } = stop;
    const blob = { mediaType: 'application/octet-stream', digest, size: Infinity };
    const where = {
      url: `/v2/${name}/blobs/${digest}`,
      scope: `repository:${name}:pull`,
      signal,
    };
    const partial = this.#partials.get(key);
    try {
      const start = partial ? await this.#store.uploads.size(repository, partial.id) : 0;
      const opened = await openDownload(client, blob, { ...where, start });
      this.#partials.delete(key);
      return { id: partial?.id, opened };
    } catch (error) {
      // Garbage collection may have deleted the upload, or it has more bytes than the blob.
      const isOurs = error instanceof ImageError && ['NOT_FOUND', 'INVALID'].includes(error.code);
      if (!partial || !isOurs) throw error;
      await this.#discard(key);
      return { id: undefined, opened: await openDownload(client, blob, where) };
    }
  }

  /** Keeps an upload that was cut short for the next request, if it has some bytes, and else deletes it. */
  async #leave({ key, wanted: { repository } }: Fetch, id: string, isCut: boolean): Promise<void> {
    const { uploads } = this.#store;
    if (!isCut || (await uploads.size(repository, id)) === 0) return uploads.cancel(repository, id);
    this.#partials.set(key, { repository, id });
    const [oldest] = this.#partials.keys();
    if (this.#partials.size > MAX_PARTIALS && oldest !== undefined) await this.#discard(oldest);
  }

  async #discard(key: string): Promise<void> {
    const partial = this.#partials.get(key);
    this.#partials.delete(key);
    if (partial)
      await this.#store.uploads.cancel(partial.repository, partial.id).catch(() => undefined);
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository} ${digest}`;
}
