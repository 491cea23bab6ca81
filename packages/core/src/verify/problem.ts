import type { ErrorCode } from '../errors.js';
import type { Digest } from '../oci/digest.js';

/**
 * A fault of an image. `INCOMPLETE`: content is missing; `CORRUPT`: content is damaged; other codes: its form is wrong.
 */
export interface ImageProblem {
  readonly code: ErrorCode;
  /** The image's name, or its digest where it has none. */
  readonly image: string | null;
  readonly digest: Digest | null;
  /** The file inside the archive or layout, and where it begins. */
  readonly member: string | null;
  readonly offset: number | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
}

/** A problem with what is not known left out. */
export function problem(
  given: Pick<ImageProblem, 'code' | 'message'> & Partial<ImageProblem>,
): ImageProblem {
  const nothing = { image: null, digest: null, member: null, offset: null };
  return { ...nothing, expected: null, actual: null, ...given };
}
