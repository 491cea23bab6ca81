import { ImageError } from '../errors.js';
import { isDigest } from '../oci/digest.js';
import type { NamedDescriptor } from '../oci/layout.js';
import { canonicalReference } from '../oci/reference.js';

/**
 * Picks one image out of a short list, as `Source.resolve` promises.
 *
 * @throws ImageError NOT_FOUND, AMBIGUOUS, USAGE (not a reference)
 */
export function resolveAmong(
  images: readonly NamedDescriptor[],
  reference: string | undefined,
  location: string,
): NamedDescriptor {
  if (reference === undefined) return theOnly(images, location);
  const wanted = isDigest(reference) ? reference : canonicalReference(reference);
  const found = images.find(
    (image) => image.reference === wanted || image.descriptor.digest === wanted,
  );
  if (found) return found;
  const names = images.map((image) => image.reference ?? image.descriptor.digest);
  throw new ImageError('NOT_FOUND', `${location}: expected an image ${wanted}, got none`, {
    location,
    hint: names.length === 0 ? 'It holds no image at all.' : `It holds ${names.join(', ')}.`,
  });
}

function theOnly(images: readonly NamedDescriptor[], location: string): NamedDescriptor {
  const [first] = images;
  if (!first)
    throw new ImageError('NOT_FOUND', `${location}: expected an image, got none`, { location });
  if (images.some(({ descriptor }) => descriptor.digest !== first.descriptor.digest)) {
    const names = images.map((image) => image.reference ?? image.descriptor.digest);
    throw new ImageError('AMBIGUOUS', `${location}: expected one image, got ${images.length}`, {
      location,
      hint: `Name one of ${names.join(', ')}.`,
    });
  }
  return first;
}
