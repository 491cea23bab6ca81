import { detectCompression, MAGIC_BYTES, type Compression } from '../compression/detect.js';
import { ImageError } from '../errors.js';
import { parseConfig } from '../oci/config.js';
import { describe, type Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { Limits } from '../oci/limits.js';
import { MediaType } from '../oci/media-types.js';
import type { Files } from '../transfer/files.js';
import { Meter } from '../transfer/tap.js';
import { readAll } from '../transfer/verified.js';

interface ReadConfig {
  readonly descriptor: Descriptor;
  readonly diffIds: readonly Digest[];
}

interface ReadLayer {
  readonly size: number;
  readonly compression: Compression;
  /** Digest of a compressed layer whose path contains none; computed on first use. */
  digest?: Digest;
}

/** Configs and layers of a docker-archive. Each member is read once, even if several images or links name it. */
export class ArchiveMembers {
  readonly location: string;
  readonly #files: Files;
  readonly #limits: Limits | undefined;
  readonly #configs = new Map<string, ReadConfig>();
  readonly #layers = new Map<string, ReadLayer>();

  constructor(location: string, files: Files, limits: Limits | undefined) {
    this.location = location;
    this.#files = files;
    this.#limits = limits;
  }

  /** @throws ImageError INCOMPLETE (no such file), CORRUPT, INVALID, TOO_LARGE */
  async config(path: string): Promise<ReadConfig> {
    const { place } = await this.#find(path);
    const known = this.#configs.get(place);
    if (known) {
      this.#checkName(path, known.descriptor.digest);
      return known;
    }
    const bytes = await readAll(this.#files.read(path), this.#limits?.manifestBytes);
    const descriptor = describe(MediaType.config, bytes);
    // Before parsing: damaged JSON is CORRUPT, not INVALID.
    this.#checkName(path, descriptor.digest);
    const read = { descriptor, diffIds: parseConfig(bytes, this.#limits)?.diffIds ?? [] };
    this.#configs.set(place, read);
    return read;
  }

  /**
   * Describes a layer. The digest of a plain layer is its diff ID; a compressed one is hashed unless its path contains
   * the digest.
   *
   * @throws ImageError INCOMPLETE (no such file), UNSUPPORTED
   */
  async layer(path: string, diffId: Digest): Promise<Descriptor> {
    const { place, size } = await this.#find(path);
    const layer = this.#layers.get(place) ?? { size, compression: await this.#compression(path) };
    this.#layers.set(place, layer);
    const { compression } = layer;
    if (compression === 'none') return { mediaType: MediaType.layer, digest: diffId, size };
    if (compression !== 'gzip' && compression !== 'zstd')
      throw new ImageError(
        'UNSUPPORTED',
        `${path}: a layer packed with ${compression}; only plain, gzip and zstd layers are supported`,
      );
    const mediaType = compression === 'gzip' ? MediaType.layerGzip : MediaType.layerZstd;
    // A digest taken from the path is verified when the layer is read.
    const named = /^(?:.*\/)?([0-9a-f]{64})(?:\.tar\.gz)?$/.exec(path)?.[1];
    if (named !== undefined) return { mediaType, digest: `sha256:${named}`, size };
    return { mediaType, digest: (layer.digest ??= await this.#digest(path)), size };
  }

  async #find(path: string): Promise<{ readonly place: string; readonly size: number }> {
    const extent = await this.#files.locate(path);
    if (extent) return { place: `${extent.offset}+${extent.size}`, size: extent.size };
    throw new ImageError('INCOMPLETE', `${this.location}: ${path} is missing`, {
      location: this.location,
      hint: 'It was saved without all of its content; save or fetch it again.',
    });
  }

  async #compression(path: string): Promise<Compression> {
    return detectCompression(await readAll(this.#files.read(path, { end: MAGIC_BYTES })));
  }

  async #digest(path: string): Promise<Digest> {
    const meter = new Meter();
    for await (const chunk of this.#files.read(path)) meter.add(chunk);
    return meter.digest();
  }

  /** Every writer puts the digest into the config's path; no other digest of the config is in the archive. */
  #checkName(path: string, actual: Digest): void {
    const named = configDigestIn(path);
    if (named === undefined || actual === named) return;
    throw new ImageError(
      'CORRUPT',
      `${this.location}: ${path}: the content has another digest than its path says: ${actual}`,
      {
        location: this.location,
        hint: 'The content was damaged after it was written; fetch or build it again.',
      },
    );
  }
}

/** The digest in a config's path (`<hex>.json`, `blobs/sha256/<hex>`, `sha256:<hex>`); undefined when there is none. */
export function configDigestIn(path: string): Digest | undefined {
  const [, hex] = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(path) ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
}
