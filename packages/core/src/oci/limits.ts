/** How much is believed of content that came from somewhere else. */
export interface Limits {
  /** Of a manifest, an index, a config or a `manifest.json`, in bytes. */
  readonly manifestBytes: number;
  /** How deep JSON may be nested. */
  readonly jsonDepth: number;
  /** How deep indexes may be nested. */
  readonly indexDepth: number;
  /** Members of a tar. */
  readonly members: number;
  /** Of one extended header of a tar (a long name), in bytes. */
  readonly headerBytes: number;
  /** What a compressed archive, or a compressed layer, may become, in bytes. */
  readonly unpackedBytes: number;
}

const MIB = 1024 * 1024;

/** Safe for what strangers send; `limits` in the settings changes them. */
export const DEFAULT_LIMITS: Limits = {
  // Distribution spec 1.1 § Pushing Manifests: registries take this much at least, and most no more.
  manifestBytes: 4 * MIB,
  jsonDepth: 64,
  indexDepth: 16,
  members: 1_000_000,
  headerBytes: MIB,
  unpackedBytes: 256 * 1024 * MIB,
};
