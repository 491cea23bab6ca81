import type { Digest } from '../../oci/digest.js';

/** Records which repository of a registry has a blob, as far as this process knows, including uploads in progress. */
export class KnownBlobs {
  readonly #places = new Map<Digest, Promise<string | undefined>>();

  /** The repository that has a blob; waits for an upload in progress. */
  async find(digest: Digest): Promise<string | undefined> {
    return this.#places.get(digest);
  }

  add(digest: Digest, repository: string): void {
    this.#places.set(digest, Promise.resolve(repository));
  }

  /**
   * Runs `work`, which writes a blob to a repository and is given another repository that has it. Calls for the same
   * blob run one after the other.
   *
   * @returns undefined, without running `work`, when the repository has the blob
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
