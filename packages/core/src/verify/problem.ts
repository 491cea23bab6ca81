import type { ErrorCode } from '../errors.js';
import type { Digest } from '../oci/digest.js';

/**
 * A fault of an image. `INCOMPLETE`: content is missing; `CORRUPT`: content is damaged; other codes: content is
 * malformed.
 */
export interface ImageProblem {
  readonly code: ErrorCode;
  /** The image's name, or its digest where it has none. */
  readonly image: string | null;
  readonly digest: Digest | null;
  /** Path of the file in the archive or layout. */
  readonly member: string | null;
  /** Offset of that file in the archive, in bytes. */
  readonly offset: number | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
}

/** Creates a problem; omitted fields are null. */
export function createProblem(
  given: Pick<ImageProblem, 'code' | 'message'> & Partial<ImageProblem>,
): ImageProblem {
  const nothing = { image: null, digest: null, member: null, offset: null };
  return { ...nothing, expected: null, actual: null, ...given };
}
