import { createHash } from 'node:crypto';
import { writeAtomically } from '../../disk/atomic-write.js';
import { rm } from '../../disk/busy/retried.js';
import { inside } from '../../disk/paths/inside.js';
import { readTextIfExists } from '../../disk/if-there.js';
import type { UploadStore } from '../../distribution/upload/push-blob.js';
import { parseDescriptor, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { isSize, parseJson } from '../../oci/json.js';
import { digestName } from '../../store/paths.js';

/**
 * Remembers the recompressed form of each layer by the original digest, so a registry that has it is not sent it again.
 * A layer of several images is recompressed once, also when they are pushed concurrently.
 */
export class PackedLayers {
  readonly #cache: string;
  readonly #folder: string;
  readonly #making = new Map<Digest, Promise<Descriptor>>();

  /** @param how compression and level, as `gzip-3`: each gives another digest. */
  constructor(cache: string, how: string) {
    this.#cache = cache;
    this.#folder = inside(cache, 'packed', how);
  }

  /** Descriptor of the recompressed layer; undefined if it was never recompressed. */
  async find(layer: Digest): Promise<Descriptor | undefined> {
    const path = this.#file(layer);
    const text = await readTextIfExists(path);
    try {
      return text === '' ? undefined : parseDescriptor(parseJson(Buffer.from(text), path), path);
    } catch {
      // An unreadable entry is a cache miss: the layer is recompressed.
      return undefined;
    }
  }

  /**
   * Descriptor of the recompressed layer in the registry: the remembered one if `holds` confirms it, else that of `make`,
   * which uploads it. Waits while another push recompresses the same layer.
   */
  async bring(
    layer: Digest,
    holds: (packed: Descriptor) => Promise<boolean>,
    make: () => Promise<Descriptor>,
  ): Promise<Descriptor> {
    for (let other = this.#making.get(layer); other; other = this.#making.get(layer)) {
      const packed = await other.catch(() => undefined);
      if (packed && (await holds(packed))) return packed;
      if (this.#making.get(layer) === other) this.#making.delete(layer);
    }
    const making = this.#findOrMake(layer, holds, make);
    this.#making.set(layer, making);
    return making;
  }

  async #findOrMake(
    layer: Digest,
    holds: (packed: Descriptor) => Promise<boolean>,
    make: () => Promise<Descriptor>,
  ): Promise<Descriptor> {
    const before = await this.find(layer);
    if (before && (await holds(before))) return before;
    const packed = await make();
    const { mediaType, digest, size } = packed;
    const bytes = Buffer.from(JSON.stringify({ mediaType, digest, size }));
    await writeAtomically(this.#file(layer), [bytes], { privateTo: this.#cache });
    return packed;
  }

  #file(layer: Digest): string {
    return inside(this.#folder, digestName(layer));
  }
}

/** Uploads kept on disk, each as its URL and on a second line its minimum chunk size, so a later process can resume them. */
export function openUploadMemory(cache: string): UploadStore {
  const file = (blob: string): string =>
    inside(cache, 'uploads', createHash('sha256').update(blob).digest('hex'));
  return {
    find: async (blob) => {
      const [url, least = '0'] = (await readTextIfExists(file(blob)))?.split('\n') ?? [];
      const minChunkBytes = Number(least);
      return url && isSize(minChunkBytes) ? { url, minChunkBytes } : undefined;
    },
    keep: (blob, { url, minChunkBytes }) =>
      writeAtomically(file(blob), [Buffer.from(`${url}\n${minChunkBytes}`)], { privateTo: cache }),
    forget: (blob) => rm(file(blob), { force: true }),
  };
}
