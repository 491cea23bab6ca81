import { ImageError } from '../errors.js';

/** Content that can be unpacked only with more memory than we give to it. */
export function tooMuchMemory(kind: string, expected: string, got: string): ImageError {
  return new ImageError('TOO_LARGE', `${kind}: expected ${expected}, got ${got}`, {
    hint: `Unpack it with the program ${kind} first, or pack it without such a large window.`,
  });
}
