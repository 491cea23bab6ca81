import { compressionOf, type LayerCompression } from '../../convert/formats.js';
import { ifReadable } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { algorithmOf, type Digest } from '../../oci/digest.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import { isForeignLayerType } from '../../oci/media-types.js';
import { parseReference, type Reference } from '../../oci/reference.js';
import { FileStore } from '../../store/file-store.js';
import { hashAll } from '../../transfer/extents/hash-all.js';
import { blobFile } from '../../store/paths.js';
import { imagesOf } from '../../transfer/graph/graph.js';
import type { CallOptions, Open } from '../../transfer/store.js';
import { verified } from '../../transfer/verified.js';
import { walk } from '../../transfer/graph/walk.js';

/** A layer in compressed form, as a registry has it. */
export interface CachedLayer {
  readonly descriptor: Descriptor;
  /** Its content in the cache. */
  readonly open: Open;
  /** Where it came from. */
  readonly origin: Reference | undefined;
}

interface Candidate {
  readonly descriptor: Descriptor;
  readonly reference: string | undefined;
}

/**
 * Compressed layers of images in the cache, by their diff ID: an image that was built on one of them is pushed with the layers that the
 * registry has, and only its own layers are compressed.
 */
export class CachedLayers {
  readonly #cache: string;
  readonly #store: FileStore;
  #candidates: Promise<ReadonlyMap<string, readonly Candidate[]>> | undefined;

  /** @param cache folder of the cache. */
  constructor(cache: string) {
    this.#cache = cache;
    this.#store = new FileStore(cache);
  }

  /**
   * The layer with this diff ID in this compression; undefined if there is none. A manifest and a config from elsewhere may claim any
   * pair of digests, so the content is decompressed and hashed.
   */
  async find(
    diffId: Digest,
    compression: LayerCompression,
    options: CallOptions = {},
  ): Promise<CachedLayer | undefined> {
    const candidates = await (this.#candidates ??= this.#list(options));
    for (const { descriptor, reference } of candidates.get(`${compression} ${diffId}`) ?? []) {
      if (!(await this.#store.has(descriptor))) continue;
      if (!(await this.#isContent(descriptor, diffId, options))) continue;
      const origin = reference === undefined ? undefined : parseReference(reference);
      const open: Open = (start = 0) => {
        const bytes = this.#store.read(descriptor, { start });
        return start === 0 ? verified(bytes, descriptor) : bytes;
      };
      return { descriptor, open, origin };
    }
    return undefined;
  }

  async #list(options: CallOptions): Promise<ReadonlyMap<string, readonly Candidate[]>> {
    const found = new Map<string, Candidate[]>();
    for await (const { descriptor, reference } of this.#store.list()) {
      const graph = await ifReadable(() =>
        walk(this.#store, descriptor, { ...options, missing: 'report' }),
      );
      for (const { config, layers } of graph ? imagesOf(graph) : [])
        for (const [at, layer] of layers.entries()) {
          const diffId = config.diffIds[at];
          if (diffId === undefined || isForeignLayerType(layer.mediaType)) continue;
          const key = `${compressionOf(layer.mediaType)} ${diffId}`;
          found.set(key, [...(found.get(key) ?? []), { descriptor: layer, reference }]);
        }
    }
    return found;
  }

  async #isContent(
    { digest, size }: Descriptor,
    diffId: Digest,
    options: CallOptions,
  ): Promise<boolean> {
    const file = blobFile(this.#cache, digest);
    const job = {
      ...{ offset: 0, size, member: digest, pieces: [{ file, offset: 0, size }] },
      ...{ algorithm: algorithmOf(digest), diffAlgorithm: algorithmOf(diffId) },
      unpackedBytes: DEFAULT_LIMITS.unpackedBytes,
    };
    let isSame = false;
    await hashAll(
      [job],
      (_, hashed) => (isSame = hashed.digest === digest && hashed.diffId === diffId),
      options,
    );
    return isSame;
  }
}
