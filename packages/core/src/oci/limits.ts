/** Limits for untrusted content. Content over a limit is TOO_LARGE. */
export interface Limits {
  /** Largest manifest, index, config or `manifest.json`, in bytes. */
  readonly manifestBytes: number;
  /** Deepest nesting of JSON. */
  readonly jsonDepth: number;
  /** Deepest nesting of indexes. */
  readonly indexDepth: number;
  /** Most members in a tar. */
  readonly members: number;
  /** Largest extended header of a tar (a long name), in bytes. */
  readonly headerBytes: number;
  /** Largest size after decompression, of an archive or of a layer, in bytes. */
  readonly unpackedBytes: number;
}

const MIB = 1024 * 1024;

/** Defaults that are safe for untrusted content; `limits` in the settings changes them. */
export const DEFAULT_LIMITS: Limits = {
  // Distribution spec 1.1 § Pushing Manifests: registries accept at least this much, and most no more.
  manifestBytes: 4 * MIB,
  jsonDepth: 64,
  indexDepth: 16,
  members: 1_000_000,
  headerBytes: MIB,
  unpackedBytes: 256 * 1024 * MIB,
};
