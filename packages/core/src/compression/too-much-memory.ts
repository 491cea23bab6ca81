import { ImageError } from '../errors.js';

/** An error for content whose decompression needs more memory than allowed. */
export function windowTooLargeError(kind: string, expected: string, got: string): ImageError {
  return new ImageError('TOO_LARGE', `${kind}: expected ${expected}, got ${got}`, {
    hint: `Decompress it with ${kind} first, or compress it again with a smaller window.`,
  });
}
