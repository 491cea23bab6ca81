import { isMalformed, type ImageError } from '../errors.js';

/**
 * Calls `work` for each of several images. A malformed one (INVALID, UNSUPPORTED) does not stop the others: it is passed
 * to `onMalformed`.
 *
 * @returns the results, without those of malformed images
 * @throws the first error when no image could be read; any error other than INVALID and UNSUPPORTED at once
 */
export async function forEachReadable<T, R>(
  images: Iterable<T>,
  work: (image: T) => Promise<R>,
  onMalformed: (error: ImageError, image: T) => void,
): Promise<R[]> {
  const results: R[] = [];
  const malformed: [ImageError, T][] = [];
  for (const image of images) {
    try {
      results.push(await work(image));
    } catch (error) {
      if (!isMalformed(error)) throw error;
      malformed.push([error, image]);
    }
  }
  const [first] = malformed;
  if (first && results.length === 0) throw first[0];
  for (const each of malformed) onMalformed(...each);
  return results;
}
