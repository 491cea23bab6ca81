import type { Digest } from '../oci/digest.js';

/** Writes of blobs in progress: images that are written side by side do not write a blob that they share at the same time. */
export class WriteOnce {
  readonly #running = new Map<Digest, Promise<void>>();

  /**
   * Runs `write` when no other one of this blob runs.
   *
   * @param write does nothing if the blob was written meanwhile. @throws errors of `write`
   */
  async run(digest: Digest, write: () => Promise<void>): Promise<void> {
    // The failure of another image is not that of this one, which tries with its own content.
    for (let before = this.#running.get(digest); before; before = this.#running.get(digest))
      await before.catch(() => undefined);
    const running = write();
    this.#running.set(digest, running);
    try {
      await running;
    } finally {
      this.#running.delete(digest);
    }
  }
}
