import type { Digest } from '../oci/digest.js';

/** Which repository of a registry has a blob, as far as this process knows; of what is on its way there, once it is. */
export class KnownBlobs {
  readonly #places = new Map<Digest, Promise<string | undefined>>();

  /** Waits for a blob that is on its way. */
  async find(digest: Digest): Promise<string | undefined> {
    return this.#places.get(digest);
  }

  add(digest: Digest, repository: string): void {
    this.#places.set(digest, Promise.resolve(repository));
  }

  /** Runs what brings a blob to a repository. */
  async bringing<T>(digest: Digest, repository: string, work: () => Promise<T>): Promise<T> {
    const working = work();
    this.#places.set(
      digest,
      working.then(
        () => repository,
        () => undefined,
      ),
    );
    return working;
  }
}
