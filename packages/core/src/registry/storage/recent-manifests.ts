import type { Digest } from '../../oci/digest.js';

/** How many manifests stay in memory, and the largest of them, in bytes. */
const MOST = 1000;
const LARGEST = 16 * 1024;

/** Manifests that were read last. They are asked for only where their link is there. */
export class RecentManifests {
  readonly #known = new Map<Digest, Uint8Array>();

  get(digest: Digest): Uint8Array | undefined {
    return this.#known.get(digest);
  }

  set(digest: Digest, bytes: Uint8Array): void {
    if (bytes.byteLength > LARGEST) return;
    this.#known.set(digest, bytes);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }
}
