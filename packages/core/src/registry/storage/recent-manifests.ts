import type { Digest } from '../../oci/digest.js';

/** Maximum number of cached manifests, and maximum size of one (bytes). */
const MAX_MANIFESTS = 1000;
const MAX_MANIFEST_BYTES = 16 * 1024;

/** In-memory cache of manifests; the oldest are dropped. Callers check the repository's link before they read it. */
export class RecentManifests {
  readonly #cached = new Map<Digest, Uint8Array>();

  get(digest: Digest): Uint8Array | undefined {
    return this.#cached.get(digest);
  }

  set(digest: Digest, bytes: Uint8Array): void {
    if (bytes.byteLength > MAX_MANIFEST_BYTES) return;
    this.#cached.set(digest, bytes);
    const [oldest] = this.#cached.keys();
    if (this.#cached.size > MAX_MANIFESTS && oldest !== undefined) this.#cached.delete(oldest);
  }
}
