import type { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { Source } from './store.js';

/** Both halves of a hybrid archive. Programs load one or the other, so both should contain the same images. */
export interface Halves {
  readonly oci: Source;
  /** Reads `manifest.json`. */
  readonly docker: () => Promise<DockerHalf>;
}

/** The images that `manifest.json` of a hybrid archive describes. */
export interface DockerHalf {
  readonly location: string;
  readonly images: readonly DockerImage[];
}

/** An image of `manifest.json`. If it could not be read completely, `source` is absent and `error` is the reason. */
export interface DockerImage {
  /** Its names, fully qualified. */
  readonly references: readonly string[];
  /** Digest of the config; absent when the config is missing or damaged. */
  readonly config?: Digest;
  /** A source of this image only. */
  readonly source?: Source;
  readonly error?: ImageError;
}
