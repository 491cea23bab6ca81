import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { writeAtomically } from '../../disk/atomic-write.js';
import { inside } from '../../disk/inside.js';
import { textIfThere } from '../../disk/text-if-there.js';
import type { RememberedUploads } from '../../distribution/upload/push-blob.js';
import { parseDescriptor, type Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseJson } from '../../oci/json.js';
import { digestName } from '../../store/paths.js';

/**
 * What layers became when they were packed before, by their own digest: whoever has that need not be sent it. A layer
 * of several images is packed once, also at the same time.
 */
export class PackedLayers {
  readonly #cache: string;
  readonly #folder: string;
  readonly #making = new Map<Digest, Promise<Descriptor>>();

  /** @param how the way of packing, as `gzip-3`: another way gives another digest. */
  constructor(cache: string, how: string) {
    this.#cache = cache;
    this.#folder = inside(cache, 'packed', how);
  }

  /** What a layer was packed into, if ever. */
  async find(layer: Digest): Promise<Descriptor | undefined> {
    const path = this.#file(layer);
    const text = await textIfThere(path);
    try {
      return text === '' ? undefined : parseDescriptor(parseJson(Buffer.from(text), path), path);
    } catch {
      // What cannot be read is packed again.
      return undefined;
    }
  }

  /**
   * What a layer is packed into, now that it is wanted: what it was before, where `holds` says that it is there, else
   * what `make` brings there. Waits while somebody else packs the same.
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
    const making = this.#foundOrMade(layer, holds, make);
    this.#making.set(layer, making);
    return making;
  }

  async #foundOrMade(
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

/** Uploads in pieces that a later process can go on with. */
export function rememberedUploads(cache: string): RememberedUploads {
  const file = (blob: string): string =>
    inside(cache, 'uploads', createHash('sha256').update(blob).digest('hex'));
  return {
    find: async (blob) => (await textIfThere(file(blob))) || undefined,
    keep: (blob, url) => writeAtomically(file(blob), [Buffer.from(url)], { privateTo: cache }),
    forget: (blob) => rm(file(blob), { force: true }),
  };
}
