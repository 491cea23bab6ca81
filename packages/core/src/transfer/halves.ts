import type { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { Source } from './store.js';

/** The two descriptions of a hybrid archive. Programs load one or the other, so both should be the same images. */
export interface Halves {
  readonly oci: Source;
  /** Reads the other description. */
  readonly docker: () => Promise<DockerHalf>;
}

/** The images that `manifest.json` of a hybrid archive describes. */
export interface DockerHalf {
  readonly location: string;
  readonly images: readonly DockerImage[];
}

/** An image of `manifest.json`; parts that could not be read are absent, and `error` says why. */
export interface DockerImage {
  /** Its names, fully qualified. */
  readonly references: readonly string[];
  /** Absent when the config is missing or damaged. */
  readonly config?: Digest;
  /** Reads this image alone. */
  readonly source?: Source;
  readonly error?: ImageError;
}
