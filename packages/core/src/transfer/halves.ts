import type { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import type { Source } from './store.js';

/** The two descriptions of a hybrid archive. Programs load one or the other, so both should be the same images. */
export interface Halves {
  readonly oci: Source;
  readonly docker: () => Promise<DockerHalf>;
}

/** What `manifest.json` describes. */
export interface DockerHalf {
  readonly location: string;
  readonly images: readonly DockerImage[];
}

/** An image of `manifest.json`: what is known of it, and why the rest is not. */
export interface DockerImage {
  /** Fully qualified. */
  readonly references: readonly string[];
  /** Undefined when it is missing or damaged. */
  readonly config?: Digest;
  /** Holds this image alone. */
  readonly source?: Source;
  readonly error?: ImageError;
}
