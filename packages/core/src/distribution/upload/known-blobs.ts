import type { Digest } from '../../oci/digest.js';

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

  /**
   * Runs what brings a blob to a repository, told which other one has it; not while somebody else brings it.
   *
   * @returns undefined when it is there by then
   */
  async bring<T>(
    digest: Digest,
    repository: string,
    work: (from: string | undefined) => Promise<T>,
  ): Promise<T | undefined> {
    for (;;) {
      const known = this.#places.get(digest);
      const from = await known;
      if (from === repository) return undefined;
      if (this.#places.get(digest) !== known) continue;
      const working = work(from);
      const place = working.then(
        () => repository,
        () => from,
      );
      this.#places.set(digest, place);
      return working;
    }
  }
}
